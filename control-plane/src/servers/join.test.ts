import { expect, test } from "vitest";
import { newJoinToken, reachableAgentAddress } from "./join.ts";

test("a join token carries the authority's fingerprint and is never the same", () => {
  const token = newJoinToken("abc");
  expect(token).toMatch(/^bp1\.abc\.[\w-]{43}$/);
  expect(newJoinToken("abc")).not.toBe(token);
});

test.each([
  ["127.0.0.1", "http://example.com:3000", "127.0.0.1:7443"],
  ["0.0.0.0", "https://bridgeport.example.com", "bridgeport.example.com:7443"],
  ["::", "http://[fd00::1]:3000", "[fd00::1]:7443"],
  ["::1", "http://example.com", "[::1]:7443"],
])("a listener on %s known as %s is reached at %s", (host, publicUrl, address) => {
  expect(reachableAgentAddress({ host, port: 7443 }, publicUrl)).toBe(address);
});
