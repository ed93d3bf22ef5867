import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { type KeyRing, keyId, keysIn, MasterKeyError } from "./master-key.ts";

/**
 * Encrypts what is secret at rest: registry credentials, webhook secrets, values of environment variables.
 * Every column that holds such a value is in database/encrypted-columns.ts.
 */
export interface Secrets {
  encrypt(plain: string): Buffer;
  /** @throws {MasterKeyError} naming the key, when it is not one of the ring's */
  decrypt(encrypted: Buffer): string;
  /** whether a value is encrypted with the newest key, whose id it says */
  isCurrent(encrypted: Buffer): boolean;
  /** the ids of all keys that values are decrypted with; the first is the one that encrypts */
  keyIds(): string[];
}

// AES-256-GCM. A value is: version byte, key id (4), nonce (12), tag (16), ciphertext; the first two are
// authenticated, too. Version 1, which is only read, has no key id.
const version = 2;

/** @param ring keys in hexadecimal, or where to read them, also again: a key may be added while we run */
export function secretsWith(ring: string | KeyRing): Secrets {
  const { where, read } =
    typeof ring === "string" ? { where: "the master keys", read: () => keysIn(ring) } : ring;
  let keys = keysOf(read());
  // It stays the one that encrypts: others that share the database may not have a newer one yet.
  const first = newest(keys);

  function keyOf(id: string): Key {
    const find = () => keys.find((key) => key.id === id);
    const found = find();
    if (found) return found;
    keys = [first, ...keysOf(read()).filter((key) => key.id !== first.id)];
    const added = find();
    if (added) return added;
    throw new MasterKeyError(
      `A stored secret is encrypted with the master key ${id}, which is not in ${where} (there: ${keys.map((key) => key.id).join(", ")}). Restore it from a backup, as a further one below the first.`,
    );
  }

  return {
    encrypt(plain) {
      const { id, bytes } = first;
      const header = Buffer.concat([Buffer.from([version]), Buffer.from(id, "hex")]);
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", bytes, nonce).setAAD(header);
      const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return Buffer.concat([header, nonce, cipher.getAuthTag(), body]);
    },
    decrypt(encrypted) {
      if (encrypted[0] === 1) return decryptFirstVersion(encrypted.subarray(1), keys, where);
      if (encrypted[0] !== version) throw new Error("A secret of an unknown version");
      const header = encrypted.subarray(0, 5);
      const { bytes } = keyOf(header.subarray(1).toString("hex"));
      return opened(bytes, encrypted.subarray(5), header);
    },
    isCurrent(encrypted) {
      const id = encrypted.subarray(1, 5).toString("hex");
      return encrypted[0] === version && id === first.id;
    },
    keyIds: () => keys.map(({ id }) => id),
  };
}

interface Key {
  id: string;
  bytes: Buffer;
}

function keysOf(hexadecimal: string[]): Key[] {
  return hexadecimal.map((key) => ({ id: keyId(key), bytes: Buffer.from(key, "hex") }));
}

function newest([first]: Key[]): Key {
  if (!first) throw new Error("There is no master key");
  return first;
}

function decryptFirstVersion(rest: Buffer, keys: Key[], where: string): string {
  for (const { bytes } of keys) {
    try {
      return opened(bytes, rest, null);
    } catch {
      // It does not say by which key it was encrypted: each is tried.
    }
  }
  throw new MasterKeyError(
    `A stored secret cannot be decrypted with any key of ${where}: restore the earlier keys from a backup, as further ones below the first.`,
  );
}

/** @param rest nonce, tag, ciphertext */
function opened(key: Buffer, rest: Buffer, header: Buffer | null): string {
  const decipher = createDecipheriv("aes-256-gcm", key, rest.subarray(0, 12), {
    authTagLength: 16,
  });
  if (header) decipher.setAAD(header);
  decipher.setAuthTag(rest.subarray(12, 28));
  return Buffer.concat([decipher.update(rest.subarray(28)), decipher.final()]).toString("utf8");
}

/** A new secret to hand out, such as a session or API token: 256 bits, URL-safe, with a prefix that tells what it is. */
export function newToken(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString("base64url")}`;
}

/** What is stored of a token. It has 256 bits of its own, so one round of SHA-256 is enough. */
export function tokenHash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
