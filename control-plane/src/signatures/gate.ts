import { setImmediate } from "node:timers/promises";
import type { ImageSignature } from "@bridgeport/proto";
import {
  readPublicKey,
  type Trust,
  type TrustRoot,
  unproven,
  type Verified,
  verifySignature,
} from "@bridgeport/proto/signatures";
import type { Database } from "../database/connection.ts";
import { findDigest } from "../images/digests.store.ts";
import { notFound, Problem } from "../problem.ts";
import type { RegistryClient } from "../registries/client.ts";
import { findSignatures } from "./find-signatures.ts";
import { type EffectiveRule, ruleOfImage, type SignatureMode } from "./rules.store.ts";
import { type SeenSignature, seenSignature } from "./seen-signatures.ts";

/** What is known of the signatures of one digest. */
export interface SignatureFinding {
  mode: SignatureMode;
  /** unknown: the registry could not be asked */
  verdict: "signed" | "not_signed" | "unknown";
  /** names of the keys, and subjects of the identities */
  signedBy: string[];
  /** a sentence */
  message: string;
  /** each signature that there is; absent in plans of earlier versions */
  seen?: SeenSignature[];
}

export interface SignatureParts {
  database: Database;
  images: {
    /** where an image is kept, and how to ask there; throws a `Problem` where it cannot be asked */
    repositoryOf(imageId: string): Promise<{ client: RegistryClient; repository: string }>;
    /** what certificates of signers are checked with; null or absent: nothing */
    trustRoot?: TrustRoot | null;
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

/** Every signature that a digest has, where no rule asks for any; or why its registry cannot be asked. */
export async function everySignature(
  parts: SignatureParts,
  imageId: string,
  digestId: string,
): Promise<{ seen: SeenSignature[]; error: string | null }> {
  const digest = await digestOfImage(parts, imageId, digestId);
  if (digest === null) throw notFound("digest of this container image");
  const trust = trustOf(parts, await ruleOfImage(parts.database, imageId));
  try {
    const found = await foundSignatures(parts, imageId, digest);
    if (!found.ok) return { seen: [], error: found.message };
    const seen = (await checkEach(found.value, digest, trust)).map(seenSignature);
    return { seen, error: null };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { seen: [], error: error.message };
  }
}

async function foundSignatures({ images }: SignatureParts, imageId: string, digest: string) {
  const { client, repository } = await images.repositoryOf(imageId);
  return findSignatures(client, repository, digest);
}

/** One after the other, with other requests served in between: a hostile signature costs time. */
async function checkEach(
  found: readonly ImageSignature[],
  digest: string,
  trust: Trust,
): Promise<Verified[]> {
  const checked: Verified[] = [];
  for (const one of found) {
    checked.push(verifySignature(one, digest, trust));
    await setImmediate();
  }
  return checked;
}

async function finding(
  parts: SignatureParts,
  rule: EffectiveRule,
  imageId: string,
  digest: string,
): Promise<SignatureFinding> {
  const { mode } = rule;
  const what = `${digest.slice(0, 19)}…`;
  try {
    const found = await foundSignatures(parts, imageId, digest);
    if (!found.ok) return unknown(mode, what, found.message);
    const trust = trustOf(parts, rule);
    const checked = await checkEach(found.value, digest, trust);
    const seen = checked.map(seenSignature);
    const signedBy = [
      ...new Set(seen.flatMap((one) => (one.counts ? (one.key ?? one.subject) : null) ?? [])),
    ];
    if (signedBy.length > 0) {
      return {
        mode,
        verdict: "signed",
        signedBy,
        message: `Signed by ${signedBy.join(", ")}.`,
        seen,
      };
    }
    const message = `${what} ${unproven(checked)}, and the rule of ${ruleNames[rule.from]} wants one by ${names(rule)}: sign exactly this digest, or have an administrator change the rule.`;
    return { mode, verdict: "not_signed", signedBy: [], message, seen };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return unknown(mode, what, error.message);
  }
}

const ruleNames = { image: "the image", registry: "its registry", environment: "its environment" };

function unknown(mode: SignatureMode, what: string, why: string): SignatureFinding {
  const message = `Whether ${what} is signed is not known: ${why}`;
  return { mode, verdict: "unknown", signedBy: [], message, seen: [] };
}

function trustOf({ images }: SignatureParts, rule: EffectiveRule | null): Trust {
  const keys = rule?.keys.flatMap(({ name, publicKey }) => {
    const key = readPublicKey(publicKey);
    return typeof key === "string" ? [] : { name, key };
  });
  return { keys: keys ?? [], identities: rule?.identities ?? [], root: images.trustRoot ?? null };
}

function names({ keys, identities }: EffectiveRule): string {
  const quoted = [...keys.map(({ name }) => name), ...identities.map(({ subject }) => subject)].map(
    (name) => `"${name}"`,
  );
  return quoted.length > 1
    ? `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`
    : (quoted[0] ?? "a key");
}
