import { describe, expect, test } from "vitest";
import { limits } from "../limits.ts";
import type { ImageSignature } from "../messages.ts";
import { withinLimits } from "./signatures.ts";

const bundle = (length: number): ImageSignature => ({ kind: "bundle", text: "x".repeat(length) });
const lengths = (found: readonly ImageSignature[]) =>
  found.map((one) => (one.kind === "bundle" ? one.text.length : 0));

describe("the signatures that a command brings", () => {
  test("are those that are not too long", () => {
    const most = limits.signatureLength;
    expect(lengths(withinLimits([bundle(most + 1), bundle(1), bundle(most)]))).toEqual([1, most]);
    const simple: ImageSignature = {
      ...{ kind: "simple", payload: "x".repeat(most), signature: "x" },
    };
    expect(withinLimits([simple])).toEqual([]);
  });

  test("are so many that they fit, and small ones behind a large one are among them", () => {
    const eight = Array.from({ length: 8 }, () => bundle(limits.signatureLength));
    expect(withinLimits([...eight, bundle(1)])).toEqual(eight);
    const seven = eight.slice(0, 7);
    const half = bundle(limits.signatureLength / 2 + 1);
    expect(withinLimits([...seven, half, half, bundle(1)])).toEqual([...seven, half, bundle(1)]);
  });

  test("are no more than a host looks at", () => {
    const many = Array.from({ length: limits.signatures + 1 }, () => bundle(1));
    expect(withinLimits(many)).toHaveLength(limits.signatures);
  });
});
