import fc from "fast-check";
import { expect, test } from "vitest";
import { parseChallenges } from "./challenge.ts";

test.each([
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull,push"',
    [
      {
        scheme: "bearer",
        parameters: {
          realm: "https://auth.docker.io/token",
          service: "registry.docker.io",
          scope: "repository:library/nginx:pull,push",
        },
      },
    ],
  ],
  [
    'Basic realm="Registry \\"one\\""',
    [{ scheme: "basic", parameters: { realm: 'Registry "one"' } }],
  ],
  [
    'basic realm=plain, BEARER Realm = "r" , error=insufficient_scope',
    [
      { scheme: "basic", parameters: { realm: "plain" } },
      { scheme: "bearer", parameters: { realm: "r", error: "insufficient_scope" } },
    ],
  ],
  ["Negotiate", [{ scheme: "other", parameters: {} }]],
  ["", []],
  [', = "', []],
])("%s", (header, wanted) => {
  expect(parseChallenges(header)).toEqual(wanted);
});

test("no header at all makes the reader throw or hang", () => {
  expect(parseChallenges(undefined)).toEqual([]);
  expect(parseChallenges(`Bearer realm="${"\\".repeat(1_000_000)}`).length).toBeGreaterThan(0);
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (header) => {
      expect(Array.isArray(parseChallenges(header))).toBe(true);
    }),
  );
});
