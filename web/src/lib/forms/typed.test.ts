import { expect, it } from "vitest";
import { commaSeparated, textOrNull } from "./typed.ts";

it("reads what was typed without the spaces around it", () => {
  expect(textOrNull("  edge 1 ")).toBe("edge 1");
  expect(textOrNull("   ")).toBeNull();
  expect(commaSeparated(" eu, gpu ,,")).toEqual(["eu", "gpu"]);
  expect(commaSeparated("")).toEqual([]);
});
