import { createCipheriv, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { keyId } from "./master-key.ts";
import { secretsWith } from "./secrets.ts";

const [old, fresh] = ["11".repeat(32), "22".repeat(32)];

/** As versions before key ids encrypted. */
function firstVersion(key: string, plain: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", Buffer.from(key, "hex"), nonce);
  const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.from([1]), nonce, cipher.getAuthTag(), body]);
}

test("a value says which key it was encrypted with, by the first bytes of the key's SHA-256", () => {
  const encrypted = secretsWith(old).encrypt("s3cret");
  expect(encrypted[0]).toBe(2);
  expect(encrypted.subarray(1, 5).toString("hex")).toBe(keyId(old));
  expect(encrypted.toString("latin1")).not.toContain("s3cret");
  expect(secretsWith(old).decrypt(encrypted)).toBe("s3cret");
});

test("the first key encrypts, and each decrypts", () => {
  const both = secretsWith(`${fresh}\n${old}`);
  const before = secretsWith(old).encrypt("a");
  expect(both.decrypt(before)).toBe("a");
  expect(both.isCurrent(before)).toBe(false);
  const after = both.encrypt("a");
  expect(both.isCurrent(after)).toBe(true);
  expect(secretsWith(fresh).decrypt(after)).toBe("a");
});

test("values without a key id are still read, with whichever key it was", () => {
  for (const key of [old, fresh]) {
    const encrypted = firstVersion(key, "früher");
    expect(secretsWith(`${fresh},${old}`).decrypt(encrypted)).toBe("früher");
    expect(secretsWith(key).isCurrent(encrypted)).toBe(false);
  }
  const other = firstVersion("33".repeat(32), "x");
  expect(() => secretsWith(old).decrypt(other)).toThrow(/restore the earlier keys from a backup/);
});

test("a key that is missing is named, with what there is and what to do", () => {
  const encrypted = secretsWith(fresh).encrypt("x");
  expect(() => secretsWith(old).decrypt(encrypted)).toThrow(
    new RegExp(`master key ${keyId(fresh)}, .*there: ${keyId(old)}.*Restore it from a backup`),
  );
});

test("a key that is added while the process runs is read when it is met", () => {
  let ring = [old];
  const running = secretsWith({ where: "a file", read: () => ring });
  const encrypted = secretsWith(fresh).encrypt("x");
  expect(() => running.decrypt(encrypted)).toThrow("which is not in a file");
  ring = [fresh, old];
  expect(running.decrypt(encrypted)).toBe("x");
  // Others may not have it yet: it goes on with the key that it has.
  expect(running.keyIds()).toEqual([keyId(old), keyId(fresh)]);
  expect(running.encrypt("y").subarray(1, 5).toString("hex")).toBe(keyId(old));
  expect(running.isCurrent(encrypted)).toBe(false);
});

test("a value that was changed, cut off or given another key's id is refused", () => {
  const secrets = secretsWith(`${fresh},${old}`);
  const encrypted = secrets.encrypt("a longer secret");
  for (let at = 0; at < encrypted.length; at++) {
    const changed = Buffer.from(encrypted);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => secrets.decrypt(changed)).toThrow();
    expect(() => secrets.decrypt(encrypted.subarray(0, at))).toThrow();
  }
});
