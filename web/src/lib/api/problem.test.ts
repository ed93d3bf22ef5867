import { describe, expect, it } from "vitest";
import { ApiProblem, fieldError, problemOf, sentence } from "./problem.ts";

describe("problemOf", () => {
  it("keeps the server's sentence, code and fields", () => {
    const problem = problemOf(400, {
      error: "name: must not be empty",
      code: "validation_failed",
      details: [{ path: "name", message: "must not be empty" }],
    });
    expect(sentence(problem)).toBe("name: must not be empty");
    expect(problem.code).toBe("validation_failed");
    expect(fieldError(problem, "name")).toBe("must not be empty");
    expect(fieldError(problem, "tagFilter")).toBeNull();
  });
  it("has a sentence for answers that are not ours", () => {
    expect(problemOf(502, "<html>").message).toContain("502");
    expect(problemOf(404, null).message).toContain("does not know");
  });
});

it("shows no internals of a bug", () => {
  expect(sentence(new TypeError("x is undefined"))).not.toContain("undefined");
  expect(sentence(new ApiProblem(409, "conflict", "Name taken"))).toBe("Name taken");
});
