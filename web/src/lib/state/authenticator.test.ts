import { expect, test } from "vitest";
import { authenticatorSentence, passkeysSupported, showPasskey } from "./authenticator.ts";

test("what goes wrong at an authenticator has a sentence", () => {
  expect(authenticatorSentence("NotAllowedError")).toMatch(/cancelled/);
  expect(authenticatorSentence("SecurityError")).toMatch(/public address/);
  for (const other of ["", "toString", "UnknownError"]) {
    expect(authenticatorSentence(other)).toMatch(/could not use a passkey/);
  }
});

test("a browser without passkeys is known, and gets a sentence all the same", async () => {
  expect(passkeysSupported()).toBe(false);
  await expect(showPasskey({})).rejects.toMatchObject({
    code: "no_passkey",
    message: authenticatorSentence(""),
  });
});
