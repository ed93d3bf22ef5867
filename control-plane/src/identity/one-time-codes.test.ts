import { describe, expect, test } from "vitest";
import {
  codeOf,
  matchingStep,
  newCodeSecret,
  newRecoveryCode,
  otpauthUri,
  readCode,
  stepAt,
} from "./one-time-codes.ts";

// The ASCII text 12345678901234567890 of RFC 6238, appendix B, in base32.
const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

describe("codes", () => {
  // The RFC lists eight digits; six digits are the last ones of these.
  test.each([
    [59, "94287082"],
    [1111111109, "07081804"],
    [1111111111, "14050471"],
    [1234567890, "89005924"],
    [2000000000, "69279037"],
    [20000000000, "65353130"],
  ])("at %i s the one of RFC 6238", (seconds, code) => {
    expect(codeOf(secret, stepAt(seconds * 1000))).toBe(code.slice(-6));
  });

  test("of one step before and after now are taken, and of no other", () => {
    const now = 1_111_111_111_000;
    const taken = [-2, -1, 0, 1, 2].map((away) =>
      matchingStep(secret, codeOf(secret, stepAt(now) + away), { now, lastStep: 0 }),
    );
    const step = stepAt(now);
    expect(taken).toEqual([null, step - 1, step, step + 1, null]);
  });

  test("of a step that was taken, or of one before it, are not taken again", () => {
    const now = 1_111_111_111_000;
    const step = stepAt(now);
    const at = (away: number) =>
      matchingStep(secret, codeOf(secret, step + away), { now, lastStep: step });
    expect([at(-1), at(0), at(1)]).toEqual([null, null, step + 1]);
  });

  test("of another secret, and what is no code, are not taken", () => {
    const now = 1_111_111_111_000;
    const other = codeOf("A".repeat(32), stepAt(now));
    for (const code of [other, "", "05047", "0050471", "050471 ", "０５０４７１"]) {
      expect([code, matchingStep(secret, code, { now, lastStep: 0 })]).toEqual([code, null]);
    }
  });
});

test("secrets and recovery codes are new each time, and long enough", () => {
  const secrets = Array.from({ length: 50 }, newCodeSecret);
  expect(new Set(secrets).size).toBe(50);
  for (const one of secrets) expect(one).toMatch(/^[A-Z2-7]{32}$/);
  const codes = Array.from({ length: 50 }, newRecoveryCode);
  expect(new Set(codes).size).toBe(50);
  for (const one of codes) expect(one).toMatch(/^[A-Z2-7]{4}(-[A-Z2-7]{4}){3}$/);
});

test("a code is read as people type it", () => {
  expect(readCode(" 123 456 ")).toEqual({ kind: "totp", code: "123456" });
  const code = newRecoveryCode();
  const read = { kind: "recovery_code", code: code.replaceAll("-", "") };
  expect(readCode(code)).toEqual(read);
  expect(readCode(code.toLowerCase().replaceAll("-", " "))).toEqual(read);
  for (const typed of ["", "12345", "1234567", "password", `${code}A`, "1".repeat(16)]) {
    expect([typed, readCode(typed)]).toEqual([typed, null]);
  }
});

test("the address for apps names the account and all that a code depends on", () => {
  const url = new URL(otpauthUri(secret, "a+b@example.com"));
  expect([url.protocol, url.host, url.pathname]).toEqual([
    "otpauth:",
    "totp",
    "/Bridgeport:a%2Bb%40example.com",
  ]);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    secret,
    issuer: "Bridgeport",
    algorithm: "SHA1",
    digits: "6",
    period: "30",
  });
});
