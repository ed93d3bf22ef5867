import { expect, test } from "vitest";
import { joinCommand, newJoinToken, reachableAgentAddress, shellWord } from "./join.ts";

test("a join token carries the authority's fingerprint and is never the same", () => {
  const token = newJoinToken("abc");
  expect(token).toMatch(/^bp1\.abc\.[\w-]{43}$/);
  expect(newJoinToken("abc")).not.toBe(token);
});

test("the join command is one line that a shell takes literally", () => {
  expect(joinCommand("http://127.0.0.1:3000", "bp1.a.b")).toBe(
    "npm run agent -- --url http://127.0.0.1:3000 --token bp1.a.b --state-dir ./agent-state",
  );
  expect(joinCommand("http://h/$(x)'&", "t")).toContain("--url 'http://h/$(x)'\\''&' --token t");
});

test.each([
  ["plain-1.2", "plain-1.2"],
  ["", "''"],
  ["a b", "'a b'"],
  ["it's", "'it'\\''s'"],
  ["$HOME", "'$HOME'"],
])("shell word of %s", (text, word) => {
  expect(shellWord(text)).toBe(word);
});

test.each([
  ["127.0.0.1", "http://example.com:3000", "127.0.0.1:7443"],
  ["0.0.0.0", "https://bridgeport.example.com", "bridgeport.example.com:7443"],
  ["::", "http://[fd00::1]:3000", "[fd00::1]:7443"],
  ["::1", "http://example.com", "[::1]:7443"],
])("a listener on %s known as %s is reached at %s", (host, publicUrl, address) => {
  expect(reachableAgentAddress({ host, port: 7443 }, publicUrl)).toBe(address);
});
