import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/** Encrypts what is secret at rest: registry credentials, webhook secrets, the CA's key. */
export interface Secrets {
  encrypt(plain: string): Buffer;
  /** @throws when the value was encrypted with another master key */
  decrypt(encrypted: Buffer): string;
}

// AES-256-GCM; a value is: version byte, nonce (12), tag (16), ciphertext.
const version = 1;

/** @param masterKey 32 bytes in hexadecimal */
export function secretsWith(masterKey: string): Secrets {
  const key = Buffer.from(masterKey, "hex");
  return {
    encrypt(plain) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.from([version]), nonce, cipher.getAuthTag(), body]);
    },
    decrypt(encrypted) {
      if (encrypted[0] !== version) throw new Error("A secret of an unknown version");
      const decipher = createDecipheriv("aes-256-gcm", key, encrypted.subarray(1, 13));
      decipher.setAuthTag(encrypted.subarray(13, 29));
      return Buffer.concat([decipher.update(encrypted.subarray(29)), decipher.final()]).toString(
        "utf8",
      );
    },
  };
}

/** The key of this installation from `<data dir>/master.key`, made on the first start, mode 0600. */
export function masterKeyIn(dataDir: string): string {
  const file = join(dataDir, "master.key");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    return readKey(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  // Written beside and linked, so that there never is half a key and the first of two wins.
  const fresh = `${file}.${process.pid}`;
  const handle = openSync(fresh, "w", 0o600);
  writeSync(handle, `${randomBytes(32).toString("hex")}\n`);
  fsyncSync(handle);
  closeSync(handle);
  try {
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
  return readKey(file);
}

function readKey(file: string): string {
  const key = readFileSync(file, "utf8").trim();
  if (!/^[0-9a-f]{64}$/i.test(key)) {
    throw new Error(
      `${file} does not hold a master key (64 hexadecimal characters). Restore it from a backup: without it, stored credentials cannot be read.`,
    );
  }
  return key;
}

/** A new secret to hand out, such as a session or API token: 256 bits, URL-safe, with a prefix that tells what it is. */
export function newToken(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString("base64url")}`;
}

/** What is stored of a token. It has 256 bits of its own, so one round of SHA-256 is enough. */
export function tokenHash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
