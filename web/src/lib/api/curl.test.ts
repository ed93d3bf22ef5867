import { expect, it } from "vitest";
import { curl } from "./curl.ts";

it("writes a request as one shell line", () => {
  expect(curl("GET", "https://x/api/servers")).toBe(
    `curl -H "Authorization: Bearer $BRIDGEPORT_TOKEN" 'https://x/api/servers'`,
  );
  expect(curl("POST", "https://x", { tag: "it's" })).toContain(`-d '{"tag":"it'\\''s"}'`);
});
