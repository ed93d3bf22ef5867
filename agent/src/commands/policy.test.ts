import type { CommandBody } from "@bridgeport/proto";
import { describe, expect, test } from "vitest";
import { logRefusal, matches, openPolicy, type Policy, parsePolicy, refusal } from "./policy.ts";

const pull = (reference: string): CommandBody => ({
  kind: "pull",
  reference,
  platform: null,
  credentials: null,
  sizeBytes: null,
  platforms: [],
  containers: [],
});
const stop = (containerName: string): CommandBody => ({
  kind: "lifecycle",
  containerName,
  action: "stop",
});
const digest = `sha256:${"a".repeat(64)}`;

describe("the policy file", () => {
  test("restricts only what it names", () => {
    expect(parsePolicy("{}")).toEqual(openPolicy);
    expect(parsePolicy(`{"allow": ["pull", "run"], "denyContainers": ["db-*"]}`)).toEqual({
      allow: ["pull", "run"],
      images: null,
      denyContainers: ["db-*"],
    });
  });

  test.each([
    ["", /not JSON/],
    ["[]", /must be an object/],
    [`{"alow": ["pull"]}`, /"alow" is not a setting/],
    [`{"allow": "pull"}`, /"allow" must be a list/],
    [`{"allow": ["pul"]}`, /names "pul"; the kinds are pull,/],
    [`{"allow": ["toString"]}`, /names "toString"/],
    [`{"images": [1]}`, /"images" must be a list/],
    [`{"denyContainers": [""]}`, /"denyContainers" must be a list/],
  ])("with a mistake is said to have one: %s", (text, sentence) => {
    expect(parsePolicy(text)).toMatch(sentence);
  });
});

describe("what a policy refuses", () => {
  const policy = (more: Partial<Policy>): Policy => ({ ...openPolicy, ...more });

  test("nothing, if there is none", () => {
    expect(refusal(openPolicy, pull("nginx"))).toBeNull();
    expect(refusal(openPolicy, stop("web"))).toBeNull();
  });

  test("kinds that are not allowed, but never a cancel", () => {
    const pullsOnly = policy({ allow: ["pull"] });
    expect(refusal(pullsOnly, pull("nginx"))).toBeNull();
    expect(refusal(pullsOnly, stop("web"))).toMatch(/does not allow "lifecycle"/);
    expect(refusal(pullsOnly, { kind: "cancel", commandId: "c" })).toBeNull();
  });

  test.each([
    ["registry.example/*", `registry.example/team/app:1@${digest}`, true],
    ["registry.example/*", `registry.example.evil/app@${digest}`, false],
    ["registry.example/*", `evil/registry.example/app@${digest}`, false],
    ["registry.example:5000/app", `registry.example:5000/app:1@${digest}`, true],
    ["registry.example:5000/app", `registry.example/app:5000@${digest}`, false],
    ["nginx", `nginx:1.27@${digest}`, true],
    ["nginx", `docker.io/library/nginx@${digest}`, true],
    ["docker.io/library/*", "nginx", true],
    ["docker.io/team/*", `team/app@${digest}`, true],
    ["nginx", "nginx-evil", false],
    ["localhost/*", "localhost/app", true],
    // What has a capital letter is a host, as the engine reads it.
    ["docker.io/*", `EVIL/app@${digest}`, false],
    ["docker.io/*", `eviL/library/nginx@${digest}`, false],
  ])("with images %s: %s allowed is %s", (pattern, reference, allowed) => {
    const said = refusal(policy({ images: [pattern] }), pull(reference));
    if (allowed) expect(said).toBeNull();
    else expect(said).toMatch(/does not allow the image/);
  });

  test("anything about a protected container, its log included", () => {
    const guarded = policy({ denyContainers: ["db-*"] });
    expect(refusal(guarded, stop("db-main"))).toMatch(/protects the container "db-main"/);
    expect(logRefusal(guarded, "db-main")).toMatch(/protects/);
    expect(refusal(guarded, stop("web-db-main"))).toBeNull();
  });
});

describe("a pattern", () => {
  test.each([
    ["*", "", true],
    ["a*", "a", true],
    ["a*b", "ab", true],
    ["a*b", "aXbY", false],
    ["a*a", "a", false],
    ["*a*b*", "xxaxxbxx", true],
    ["a*b*c", "acb", false],
    ["a.c", "abc", false],
    ["abc", "ab", false],
  ])("%s against %s is %s", (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  // A matcher that backtracks would exceed the timeout of the test.
  test("is matched in linear time, however many stars it has", () => {
    expect(matches(`${"a*".repeat(2_000)}b`, "a".repeat(20_000))).toBe(false);
  });
});
