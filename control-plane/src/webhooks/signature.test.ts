import { expect, test } from "vitest";
import { signatureOf } from "./message.ts";
import { isSecret, isSignedBy } from "./signature.ts";

const secret = "s3cret";
const body = Buffer.from('{"a":1}');
const right = signatureOf(secret, body);

test.each([
  ["the hexadecimal HMAC", right, true],
  ["in capitals", right.toUpperCase(), true],
  ["with sha256= before it", `sha256=${right}`, true],
  ["nothing", undefined, false],
  ["an empty text", "", false],
  ["sha256= alone", "sha256=", false],
  ["too short", right.slice(2), false],
  ["too long", `${right}00`, false],
  ["another digit", right.replace(/^./, right.startsWith("0") ? "1" : "0"), false],
  ["another algorithm", `sha1=${right}`, false],
  ["by another secret", signatureOf("other", body), false],
  ["of another body", signatureOf(secret, Buffer.from('{"a": 1}')), false],
])("a signature: %s", (_, header, accepted) => {
  expect(isSignedBy(secret, body, header)).toBe(accepted);
});

test.each([
  ["s3cret", true],
  [" s3cret ", true],
  ["s3cre", false],
  ["s3cret2", false],
  ["Bearer s3cret", false],
  [" ", false],
  ["", false],
  [undefined, false],
])("the secret itself: %j", (sent, accepted) => {
  expect(isSecret(secret, sent)).toBe(accepted);
});

test("a secret may have spaces and any characters", () => {
  expect(isSecret("two words", "two words")).toBe(true);
  expect(isSecret("two words", "two")).toBe(false);
  const bytes = Buffer.from("schlüssel", "utf8").toString("latin1");
  expect(isSecret("schlüssel", bytes)).toBe(true);
  expect(isSecret("schlüssel", "schlüssel")).toBe(true);
});
