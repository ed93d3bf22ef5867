import { describe, expect, test } from "vitest";
import { imagePatternMistake, matchesImage, wholeImageName } from "./image-names.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("an image pattern", () => {
  test.each([
    ["registry.example/*", `registry.example/team/app:1@${digest}`, true],
    ["registry.example/*", `registry.example.evil/app@${digest}`, false],
    ["registry.example/*", `evil/registry.example/app@${digest}`, false],
    ["registry.example:5000/app", `registry.example:5000/app:1@${digest}`, true],
    ["registry.example:5000/app", `registry.example/app:5000@${digest}`, false],
    ["nginx", `nginx:1.27@${digest}`, true],
    ["nginx", `docker.io/library/nginx@${digest}`, true],
    ["nginx", `docker.io/nginx@${digest}`, true],
    ["docker.io/library/*", "nginx", true],
    ["docker.io/team/*", `team/app@${digest}`, true],
    ["team/*", `docker.io/team/app@${digest}`, true],
    ["docker.io/*", `index.docker.io/team/app@${digest}`, true],
    ["docker.io/*", `registry-1.docker.io/team/app@${digest}`, true],
    ["nginx", "nginx-evil", false],
    ["ngin*", "nginx", true],
    ["localhost/*", "localhost/app", true],
    ["*", "registry.example/app", true],
    ["*/app", "registry.example/app", true],
    ["*.example/team/*", "registry.example/team/app", true],
    // What has a capital letter is a host, as the engine reads it, and a host's letters are small.
    ["docker.io/*", `EVIL/app@${digest}`, false],
    ["docker.io/*", `eviL/library/nginx@${digest}`, false],
    ["evil/*", `EVIL/app@${digest}`, false],
    ["registry.example/*", `Registry.Example/app@${digest}`, true],
    ["registry.example/*", `registry.example:443/app@${digest}`, true],
    ["registry.example/*", `registry.example:5000/app@${digest}`, false],
  ])("%s means %s: %s", (pattern, reference, expected) => {
    expect(matchesImage(pattern, wholeImageName(reference))).toBe(expected);
  });

  test.each([
    ["nginx:1.27", /no colon/],
    ["registry.example:5000", /write registry/],
    ["registry.example/app:1", /names a tag/],
    [`nginx@${digest}`, /names a digest/],
  ])("%s can mean no image, which is said", (pattern, sentence) => {
    expect(imagePatternMistake(pattern)).toMatch(sentence);
  });

  test("of a registry with a port can", () => {
    expect(imagePatternMistake("registry.example:5000/*")).toBeNull();
  });
});
