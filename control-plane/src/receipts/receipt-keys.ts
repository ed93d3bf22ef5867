import {
  CompactSign,
  calculateJwkThumbprint,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importPKCS8,
} from "jose";
import type { Actor } from "../actor.ts";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import { audit } from "../identity/audit.store.ts";
import type { Secrets } from "../secrets.ts";
import {
  findSigningKey,
  insertFirstKey,
  listReceiptKeys,
  type ReceiptKeyRow,
  replaceSigningKey,
  type SigningKeyRow,
} from "./receipt-keys.store.ts";

/*
 * The control plane's own key for receipts: Ed25519, apart from the authority that agents are known by. A
 * signature is a JWS (RFC 7515, RFC 8037) in its compact form. Its header carries the public key, so that
 * who pins the key's thumbprint needs nothing else to verify it.
 */

/** What a JWS of a receipt says it is, so that no other signed thing can be taken for one. */
export const receiptType = "bridgeport-receipt+jws";

export interface ReceiptKeys {
  /** Makes the first key, where there is none yet. */
  ready(): Promise<void>;
  /** @returns a compact JWS whose payload is that value as JSON */
  sign(value: unknown): Promise<string>;
  /** The public keys, the one that signs first. */
  published(): Promise<ReceiptKeyRow[]>;
  /** Another key signs from now on; the one before cannot sign again. @returns its id */
  replace(actor: Actor): Promise<string>;
}

export function receiptKeys(parts: { database: Database; secrets: Secrets }): ReceiptKeys {
  const { database, secrets } = parts;

  async function signingKey(sql: Sql): Promise<SigningKeyRow> {
    const there = await findSigningKey(sql);
    if (there) return there;
    await insertFirstKey(sql, await newKey(secrets));
    const made = await findSigningKey(sql);
    if (!made) throw new Error("There is no key for receipts");
    return made;
  }

  return {
    async ready() {
      await signingKey(database);
    },
    async sign(value) {
      const { id, x, privateKey } = await signingKey(database);
      const key = await importPKCS8(secrets.decrypt(privateKey), "EdDSA");
      return new CompactSign(new TextEncoder().encode(JSON.stringify(value)))
        .setProtectedHeader({
          alg: "EdDSA",
          typ: receiptType,
          kid: id,
          jwk: { kty: "OKP", crv: "Ed25519", x },
        })
        .sign(key);
    },
    published: () => listReceiptKeys(database),
    async replace(actor) {
      const next = await newKey(secrets);
      await transaction(database, async (sql) => {
        const before = await replaceSigningKey(sql, next);
        await audit(sql, actor, {
          action: "rotate_receipt_key",
          resourceType: "receipt_key",
          resourceId: next.id,
          resourceName: next.id,
          details: { before, after: next.id },
        });
      });
      return next.id;
    },
  };
}

async function newKey(secrets: Secrets): Promise<SigningKeyRow> {
  const { publicKey, privateKey } = await generateKeyPair("EdDSA", { extractable: true });
  const { kty, crv, x = "" } = await exportJWK(publicKey);
  return {
    id: await calculateJwkThumbprint({ kty, crv, x } as never),
    x,
    privateKey: secrets.encrypt(await exportPKCS8(privateKey)),
  };
}
