import { expect, it } from "vitest";
import { keyOf } from "./receipt-file.ts";

it("finds the key that a signature names", () => {
  const header = Buffer.from(JSON.stringify({ alg: "EdDSA", kid: "k?>1", note: "ÿ" }));
  expect(keyOf(`${header.toString("base64url")}.e30.x`)).toBe("k?>1");
});

it.each(["", "x", "e30.e30.x", "[].."])("finds none in %j", (jws) => {
  expect(keyOf(jws)).toBeNull();
});
