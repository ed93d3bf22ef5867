import { expect, test } from "vitest";
import { problemSentence } from "./problems.ts";

test("each reason has a sentence, and no address writes one of its own", () => {
  expect(problemSentence("")).toBeNull();
  expect(problemSentence("no_group")).toMatch(/Ask an administrator/);
  for (const word of ["Call this number", "constructor", "__proto__"]) {
    expect(problemSentence(word)).toBe(
      "Logging in with the identity provider did not work. Try again.",
    );
  }
});
