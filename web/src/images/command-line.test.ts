import fc from "fast-check";
import { expect, test } from "vitest";
import { lineOf, wordsOf } from "./command-line.ts";

test.each([
  ["", []],
  ["  migrate   up ", ["migrate", "up"]],
  [`sh -c 'echo "$A"; exit 1'`, ["sh", "-c", 'echo "$A"; exit 1']],
  [`a"b c"d ''`, ["ab cd", ""]],
  [String.raw`a\ b "c\"d" 'e\f'`, ["a b", 'c"d', String.raw`e\f`]],
  [`it's`, null],
  ["a\\", null],
])("%j", (line, words) => {
  expect(wordsOf(line)).toEqual(words);
});

test("any words can be written as a line", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), (words) => {
      expect(wordsOf(lineOf(words))).toEqual(words);
    }),
  );
});
