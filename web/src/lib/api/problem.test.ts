import { expect, it } from "vitest";
import { ApiProblem, fieldError, sentence } from "./problem.ts";

it("shows the server's sentence, and what is wrong with a field", () => {
  const problem = new ApiProblem(400, "validation_failed", "name: must not be empty", [
    { path: "name", message: "must not be empty" },
  ]);
  expect(sentence(problem)).toBe("name: must not be empty");
  expect(fieldError(problem, "name")).toBe("must not be empty");
  expect(fieldError(problem, "tagFilter")).toBeNull();
});

it("shows no internals of a bug", () => {
  expect(sentence(new TypeError("x is undefined"))).not.toContain("undefined");
});
