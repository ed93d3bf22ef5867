import { expect, it } from "vitest";
import { freezeOf, freezeSentence } from "./freeze.ts";

const freeze = {
  ...{ until: "2030-01-31T17:00:00.000Z", reason: "release week", by: "ann@b.test" },
  everywhere: false,
};
const until = Date.parse(freeze.until);

it("counts until its end", () => {
  expect(freezeOf({ freeze }, until - 1)).toEqual(freeze);
  expect(freezeOf({ freeze }, until)).toBeNull();
  expect(freezeOf({ freeze: null }, 0)).toBeNull();
  expect(freezeOf(null, 0)).toBeNull();
});

it("says what is frozen, why and by whom", () => {
  expect(freezeSentence(freeze)).toMatch(
    /^This environment is frozen until 2030-.*, by ann@b\.test: release week$/,
  );
  expect(freezeSentence({ ...freeze, everywhere: true })).toMatch(/^All environments are frozen/);
});
