import { expect, test } from "vitest";
import { shortUserAgent } from "./user-agent.ts";

const gecko = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const webkit = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";

test.each([
  [gecko, "Firefox on Linux"],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit}`, "Chrome on Windows"],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Edg/143.0.0.0`, "Edge on Windows"],
  [`Mozilla/5.0 (Linux; Android 15) ${webkit}`, "Chrome on Android"],
  [
    `Mozilla/5.0 (X11; Linux x86_64) ${webkit.replace("Chrome", "HeadlessChrome")}`,
    "Chrome on Linux",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    "Safari on iPhone",
  ],
  ["curl/8.5.0", "curl/8.5.0"],
  ["node", "node"],
  ["<script>alert(1)</script>", null],
  ["", null],
  [undefined, null],
])("%j is %j", (header, short) => {
  expect(shortUserAgent(header)).toBe(short);
});

test("one without end is looked at in part", () => {
  expect(shortUserAgent("x".repeat(1_000_000))).toBe("x".repeat(60));
});
