import { expect, it } from "vitest";
import { curl, curlDeploy } from "./curl.ts";

it("writes a request as one shell line", () => {
  expect(curl("GET", "https://x/api/servers")).toBe(
    `curl -H "Authorization: Bearer $BRIDGEPORT_TOKEN" 'https://x/api/servers'`,
  );
  expect(curl("POST", "https://x", { tag: "it's" })).toContain(`-d '{"tag":"it'\\''s"}'`);
});

it("names only what is not the default", () => {
  const options = { autoRollback: true, parallelExecution: false, serviceIds: null };
  const text = curlDeploy("https://x", "i1", { tag: "v1" }, options);
  expect(text).toContain(`{"tag":"v1","autoRollback":true}`);
  expect(text).toContain("/api/container-images/i1/deploy");
});
