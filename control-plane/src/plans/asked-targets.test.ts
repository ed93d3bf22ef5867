import { expect, test } from "vitest";
import { type AskedPlan, formOf } from "./asked-targets.ts";

test.each<[AskedPlan, string]>([
  [{ containerImageId: "i", tag: "v2" }, "one"],
  [{ serviceIds: ["s"], imageDigestId: "d", everythingBehind: false }, "one"],
  [{}, "one"],
  [{ targets: [], everythingBehind: null }, "targets"],
  [{ everythingBehind: true, tag: null }, "everything_behind"],
])("%o has the form %s", (asked, form) => {
  expect(formOf(asked)).toBe(form);
});

test.each<[AskedPlan, string]>([
  [{ targets: [], tag: "v2" }, "tag: cannot be given beside targets"],
  [
    { everythingBehind: true, serviceIds: ["s"] },
    "serviceIds: cannot be given beside everythingBehind",
  ],
  [{ everythingBehind: true, targets: [] }, "targets: give either targets or everythingBehind"],
])("%o is refused: there is one form for each request", (asked, message) => {
  expect(() => formOf(asked)).toThrow(message);
});
