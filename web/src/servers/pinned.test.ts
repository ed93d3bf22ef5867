import { expect, test } from "vitest";
import type { Join } from "$lib/api/model.ts";
import { pinned } from "./pinned.ts";

const join: Join = {
  token: "t",
  command: "curl x | sh -s -- --token t",
  docker: "docker",
  compose: "compose",
  cloudInit: 'runcmd:\n  - "curl x | sh -s -- --token t"\n',
  checksumsSha256: null,
  expiresAt: "2026-01-01T00:00:00.000Z",
};

test("lines from before the agent was packaged pin it when it is", () => {
  expect(pinned(join, null)).toBe(join);
  const now = pinned(join, "ab");
  expect(now.command).toBe("curl x | sh -s -- --token t --sha256 ab");
  expect(now.cloudInit).toBe('runcmd:\n  - "curl x | sh -s -- --token t --sha256 ab"\n');
});

test("lines that pin something keep it", () => {
  const earlier = { ...join, checksumsSha256: "cd" };
  expect(pinned(earlier, "ab")).toBe(earlier);
});
