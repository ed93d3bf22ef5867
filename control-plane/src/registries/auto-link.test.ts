import { expect, test } from "vitest";
import { autoLinkStrength } from "./auto-link.ts";
import { parseReference } from "./reference.ts";

test.each([
  ["registry.example.com/*", "registry.example.com/team/app", true],
  ["registry.example.com", "registry.example.com/team/app", true],
  ["registry.example.com/team", "registry.example.com/team/app", true],
  ["registry.example.com/team/", "registry.example.com/team/app", true],
  ["registry.example.com/te", "registry.example.com/team/app", false],
  ["registry.example.com/team/app", "registry.example.com/team/app", true],
  ["Registry.Example.com/*", "registry.example.com/app", true],
  ["*/team/*", "registry.example.com/team/app", true],
  ["*/team/*", "registry.example.com/other/app", false],
  ["docker.io/*", "nginx", true],
  ["nginx", "docker.io/library/nginx", true],
  ["team/*", "docker.io/team/app", true],
  ["ghcr.io/*, localhost:5000/*", "localhost:5000/app", true],
  ["host:5000/*", "host:5001/app", false],
  ["", "nginx", false],
  [" , ", "nginx", false],
])("%s and %s: %s", (pattern, name, wanted) => {
  const parsed = parseReference(name);
  if (!parsed.ok) throw new Error(parsed.message);
  expect(autoLinkStrength(pattern, parsed.reference) !== null).toBe(wanted);
});

test("the pattern that says more is stronger", () => {
  const parsed = parseReference("registry.example.com/team/app");
  if (!parsed.ok) throw new Error(parsed.message);
  const general = autoLinkStrength("*, registry.example.com/*", parsed.reference);
  const special = autoLinkStrength("registry.example.com/team/*", parsed.reference);
  expect(special).toBeGreaterThan(general ?? 0);
});
