import type { Database } from "../database/connection.ts";
import { findDigest } from "../images/digests.store.ts";
import { Problem } from "../problem.ts";
import type { RegistryClient } from "../registries/client.ts";
import { findSignatures } from "./find-signatures.ts";
import { readPublicKey, type TrustedKey } from "./public-keys.ts";
import { type EffectiveRule, ruleOfImage, type SignatureMode } from "./rules.store.ts";
import { type Unproven, verifySignature } from "./verify.ts";

/** What is known of the signatures of one digest. */
export interface SignatureFinding {
  mode: SignatureMode;
  /** unknown: the registry could not be asked */
  verdict: "signed" | "not_signed" | "unknown";
  /** names of the keys */
  signedBy: string[];
  /** a sentence */
  message: string;
}

export interface SignatureParts {
  database: Database;
  images: {
    /** where an image is kept, and how to ask there; throws a `Problem` where it cannot be asked */
    repositoryOf(imageId: string): Promise<{ client: RegistryClient; repository: string }>;
  };
}

/**
 * Looks for what the rule of this image asks for, of a digest that it has.
 * @returns null where no rule asks for any
 */
export async function lookAtSignatures(
  parts: SignatureParts,
  imageId: string,
  digestId: string,
): Promise<SignatureFinding | null> {
  const manifestDigest = await digestOfImage(parts, imageId, digestId);
  return manifestDigest === null ? null : lookAt(parts, imageId, manifestDigest);
}

/**
 * Refuses what the rule of its image requires to be signed and is not, or of which that cannot be known.
 * @returns what was found, to be kept with the plan
 * @throws {Problem} 400 `signature_required`
 */
export async function requireSignature(
  parts: SignatureParts,
  imageId: string,
  digestId: string,
): Promise<SignatureFinding | null> {
  const manifestDigest = await digestOfImage(parts, imageId, digestId);
  return manifestDigest === null ? null : requireSigned(parts, imageId, manifestDigest);
}

/** The same of a digest by itself: its row may be gone while a plan of it waits. */
export async function requireSigned(
  parts: SignatureParts,
  imageId: string,
  manifestDigest: string,
): Promise<SignatureFinding | null> {
  const found = await lookAt(parts, imageId, manifestDigest);
  if (found === null || found.mode !== "require" || found.verdict === "signed") return found;
  throw new Problem("invalid", "signature_required", found.message);
}

/** null: no digest of this image, which whatever asks for it finds out by itself */
async function digestOfImage(
  { database }: SignatureParts,
  imageId: string,
  digestId: string,
): Promise<string | null> {
  const digest = await findDigest(database, digestId);
  return digest?.containerImageId === imageId ? digest.manifestDigest : null;
}

async function lookAt(
  parts: SignatureParts,
  imageId: string,
  manifestDigest: string,
): Promise<SignatureFinding | null> {
  const rule = await ruleOfImage(parts.database, imageId);
  return rule === null || rule.mode === "none"
    ? null
    : finding(parts, rule, imageId, manifestDigest);
}

async function finding(
  parts: SignatureParts,
  rule: EffectiveRule,
  imageId: string,
  digest: string,
): Promise<SignatureFinding> {
  const { mode } = rule;
  const keys = trustedKeys(rule);
  const what = `${digest.slice(0, 19)}…`;
  try {
    const { client, repository } = await parts.images.repositoryOf(imageId);
    const found = await findSignatures(client, repository, digest);
    if (!found.ok) return unknown(mode, what, found.message);
    const checked = found.value.map((one) => verifySignature(one, digest, keys));
    const signedBy = [...new Set(checked.flatMap((one) => (one.ok ? one.key : [])))];
    if (signedBy.length > 0) {
      return { mode, verdict: "signed", signedBy, message: `Signed by ${signedBy.join(", ")}.` };
    }
    const reasons = checked.flatMap((one) => (one.ok ? [] : one.reason));
    const message = `${what} ${unproven(reasons)}, and the rule of ${ruleNames[rule.from]} wants one by ${names(keys)}: sign exactly this digest, or have an administrator change the rule.`;
    return { mode, verdict: "not_signed", signedBy: [], message };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return unknown(mode, what, error.message);
  }
}

const ruleNames = { image: "the image", registry: "its registry", environment: "its environment" };

function unknown(mode: SignatureMode, what: string, why: string): SignatureFinding {
  const message = `Whether ${what} is signed is not known: ${why}`;
  return { mode, verdict: "unknown", signedBy: [], message };
}

function trustedKeys({ keys }: EffectiveRule): TrustedKey[] {
  return keys.flatMap(({ name, publicKey }) => {
    const key = readPublicKey(publicKey);
    return typeof key === "string" ? [] : { name, key };
  });
}

function names(keys: readonly TrustedKey[]): string {
  const quoted = keys.map(({ name }) => `"${name}"`);
  return quoted.length > 1
    ? `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`
    : (quoted[0] ?? "a key");
}

/** The nearest to a signature that was found. */
function unproven(reasons: readonly Unproven[]): string {
  if (reasons.includes("other digest")) return "has only a signature of another image";
  if (reasons.includes("no signature")) return "has only other statements by that key";
  if (reasons.includes("damaged")) return "has only a signature that cannot be read";
  if (reasons.includes("other key")) return "has only signatures by other keys";
  return "has no signature";
}
