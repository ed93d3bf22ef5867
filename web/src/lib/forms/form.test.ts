import { expect, it } from "vitest";
import { ApiProblem } from "../api/problem.ts";
import { errorOf } from "./form.ts";

const problem = new ApiProblem(400, "validation_failed", "The name is too long.", [
  { path: "keys[0].name", message: "must be at most 100 characters" },
]);

it("shows at a field what the server says of its path", () => {
  expect(errorOf({ name: "keys[0].name" }, problem)).toBe("must be at most 100 characters");
  expect(errorOf({ name: "keys[1].name" }, problem)).toBeNull();
  expect(errorOf({}, problem)).toBeNull();
  expect(errorOf({ name: "keys[0].name" }, null)).toBeNull();
});

it("shows first what the console found out itself", () => {
  expect(errorOf({ name: "keys[0].name", error: "Each name once." }, problem)).toBe(
    "Each name once.",
  );
});
