import { expect, test } from "vitest";
import { requestKind } from "./limits.ts";

test.each([
  ["GET", "/containers/json?", "list"],
  ["GET", "/containers/0123abc/json?", "look"],
  // A container may have any of these names.
  ["GET", "/containers/json/json", "look"],
  ["GET", "/v1.43/containers/web/json", "look"],
  ["GET", "/images/registry.local:5000/team/app:v1/json?", "look"],
  ["GET", "/networks/web", "look"],
  ["GET", "/exec/0123abc/json", "look"],
  ["GET", "/info", "look"],
  ["GET", "/events?", "look"],
  ["GET", "/_ping?", "ping"],
  ["GET", "/containers/web/logs?", "logs"],
  ["GET", "/containers/web/changes", "files"],
  ["PUT", "/containers/web/archive?", "files"],
  ["GET", "/system/df", "usage"],
  ["GET", "/distribution/app:v1/json", "registry"],
  ["POST", "/images/create?", "pull"],
  ["POST", "/images/prune?", "prune"],
  ["POST", "/containers/create?", "create"],
  ["POST", "/containers/web/start?", "start"],
  ["POST", "/containers/web/stop?", "stop"],
  ["POST", "/containers/web/restart?", "stop"],
  ["POST", "/containers/web/exec", "exec"],
  ["POST", "/exec/0123abc/start", "exec"],
  ["POST", "/containers/web/rename?", "change"],
  ["POST", "/images/app/tag?", "change"],
  ["POST", "/networks/web/connect", "change"],
  ["DELETE", "/containers/web?", "remove"],
])("%s %s is of the kind %s", (method, path, kind) => {
  expect(requestKind(method, path)).toBe(kind);
});
