import { describe, expect, test } from "vitest";
import { identityMistake } from "./identities.ts";

const issuer = "https://token.actions.githubusercontent.com";

describe("an identity", () => {
  test.each([
    "https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/main",
    "https://github.com/acme/*",
    "https://gitlab.example/acme/shop//.gitlab-ci.yml@refs/tags/*",
    "ann@acme.example",
    "*@acme.example",
    "spiffe://acme.example/ci",
  ])("may have signed: %s", (subject) => {
    expect(identityMistake({ issuer, subject })).toBeNull();
  });

  test.each([
    ["", /may mean every user/],
    ["*", /may mean every user/],
    ["**", /may mean every user/],
    ["https://*", /may mean every user/],
    ["https://github.com/*", /may mean every user/],
    ["https://github.com/a*", /may mean every user/],
    ["https://*.example/acme/shop", /may mean every user/],
    ["*@*", /may mean every user/],
    ["ann@*", /may mean every user/],
    ["ann*", /may mean every user/],
  ])("is refused where it is not one: %j", (subject, why) => {
    expect(identityMistake({ issuer, subject })).toMatch(why);
  });

  test.each([
    ["", /no address/],
    ["github", /no address/],
    ["ftp://issuer.example", /no address/],
    ["https://*.example", /takes no \*/],
  ])("is refused with an issuer that is none: %j", (bad, why) => {
    expect(identityMistake({ issuer: bad, subject: "ann@acme.example" })).toMatch(why);
  });
});
