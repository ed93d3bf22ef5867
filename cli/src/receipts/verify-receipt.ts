import { isDeepStrictEqual } from "node:util";
import {
  calculateJwkThumbprint,
  compactVerify,
  decodeProtectedHeader,
  errors,
  exportJWK,
  importJWK,
  importSPKI,
  type JWK,
} from "jose";
import { z } from "zod";
import { Failure } from "../exit.ts";

/*
 * Whether a receipt is what its control plane signed, decided from the file and a key alone: nothing is
 * asked of any network.
 */

/** Which key is believed: those of a file, or the one with this RFC 7638 thumbprint. */
export type Trust = { keys: readonly JWK[]; from: string } | { fingerprint: string };

export interface Verified {
  receipt: Record<string, unknown>;
  /** thumbprint of the key that signed it */
  key: string;
}

const receiptType = "bridgeport-receipt+jws";

const fileSchema = z.object({
  receipt: z.record(z.string(), z.unknown()),
  jws: z.string().nullable(),
});

const headerSchema = z.object({
  alg: z.literal("EdDSA"),
  typ: z.literal(receiptType),
  kid: z.string(),
  jwk: z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string() }),
});

/**
 * @param text what `bridgeport receipt` or the API gave
 * @throws {Failure} with what is wrong with it
 */
export async function verifyReceipt(text: string, trust: Trust): Promise<Verified> {
  const file = fileSchema.safeParse(parsed(text));
  if (!file.success) {
    throw new Failure(
      "This is no receipt: it needs `receipt` and `jws`, as the control plane gave them.",
    );
  }
  const { receipt, jws } = file.data;
  if (jws === null) {
    throw new Failure(
      "This receipt is not signed: its plan had not ended. Fetch it again when it has.",
    );
  }
  const header = headerOf(jws);
  const key = await keyOf(header, trust);
  const payload = await payloadOf(jws, await importJWK(key, "EdDSA"));
  const different = differenceOf(parsed(payload), receipt, "receipt");
  if (different !== null) {
    throw new Failure(
      `This receipt was changed after it was signed: ${different} is not what was signed.`,
    );
  }
  return { receipt, key: await calculateJwkThumbprint(key) };
}

/**
 * Reads a file of public keys: a JWK Set, as `bridgeport receipt-keys` writes it, a single JWK, or PEM.
 * @throws {Failure} when it has no Ed25519 public key
 */
export async function readKeys(text: string, from: string): Promise<Trust> {
  const none = () => new Failure(`${from} has no Ed25519 public key, as JWK Set, JWK or PEM.`);
  if (text.includes("-----BEGIN PUBLIC KEY-----")) {
    const key = await importSPKI(text, "EdDSA", { extractable: true }).catch(() => null);
    if (key === null) throw none();
    return { keys: [await exportJWK(key)], from };
  }
  const publicKey = z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string() });
  const json = z
    .union([z.object({ keys: z.array(publicKey).min(1) }), publicKey])
    .safeParse(jsonOf(text));
  if (!json.success) throw none();
  return { keys: "keys" in json.data ? json.data.keys : [json.data], from };
}

function parsed(text: string): unknown {
  const value = jsonOf(text);
  if (value !== undefined) return value;
  throw new Failure("This is no receipt: it is not whole JSON. Is the file cut off?");
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function headerOf(jws: string): z.infer<typeof headerSchema> {
  let header: unknown;
  try {
    header = decodeProtectedHeader(jws);
  } catch {
    throw new Failure("The signature of this receipt cannot be read. Is the file cut off?");
  }
  const told = headerSchema.safeParse(header);
  if (told.success) return told.data;
  throw new Failure("What is signed here is no receipt of a plan.");
}

/** The key that the header names, if it is one that is believed. */
async function keyOf({ kid, jwk }: z.infer<typeof headerSchema>, trust: Trust): Promise<JWK> {
  if ("fingerprint" in trust) {
    // What the header says of its own key counts for nothing.
    const own = await calculateJwkThumbprint(jwk);
    if (own === trust.fingerprint) return jwk;
    throw new Failure(`This receipt is signed with the key ${own}, not with ${trust.fingerprint}.`);
  }
  for (const key of trust.keys) {
    if ((await calculateJwkThumbprint(key)) === kid) return key;
  }
  throw new Failure(
    `This receipt is signed with the key ${kid}, which is not in ${trust.from}. Fetch the keys again (bridgeport receipt-keys) if you trust that control plane.`,
  );
}

async function payloadOf(jws: string, key: Parameters<typeof compactVerify>[1]): Promise<string> {
  try {
    const { payload } = await compactVerify(jws, key, { algorithms: ["EdDSA"] });
    return new TextDecoder().decode(payload);
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new Failure(
      "The signature of this receipt is wrong: it was changed, cut off, or signed by somebody else.",
    );
  }
}

/** The path of the first difference; null: there is none. */
function differenceOf(signed: unknown, shown: unknown, path: string): string | null {
  if (isDeepStrictEqual(signed, shown)) return null;
  if (!isObject(signed) || !isObject(shown)) return path;
  for (const key of new Set([...Object.keys(signed), ...Object.keys(shown)])) {
    const below = Array.isArray(signed) ? `${path}[${key}]` : `${path}.${key}`;
    const found = differenceOf(signed[key], shown[key], below);
    if (found !== null) return found;
  }
  return path;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
