import { readFile } from "node:fs/promises";
import { isAbsolute } from "node:path";
import type { BroughtSignatures } from "@bridgeport/proto";
import {
  fingerprintOf,
  identityMistake,
  readPublicKey,
  readTrustRoot,
  type Trust,
  type TrustedIdentity,
  type TrustedKey,
  type TrustRoot,
  unproven,
  type Verified,
  verifySignature,
} from "@bridgeport/proto/signatures";
import { matchesImage, wholeImageName } from "./image-names.ts";

/** Images that run on this host only if they are signed. */
export interface SignatureRule {
  /** patterns of image names, without tag and digest */
  images: readonly string[];
  /** one of these has to have signed */
  trust: Trust;
  /** files of the host that it was read from */
  files: readonly string[];
}

/** What the file says of one rule, with everything in its place and nothing read yet. */
export interface WrittenRule {
  images: string[];
  /** PEM, or absolute paths of files with it */
  keys: string[];
  identities: TrustedIdentity[];
  trustRoot: string | null;
}

/**
 * Reads the keys and the trust root of a rule.
 * @returns the rest of a sentence about what is wrong, after the rule's place in the file
 */
export async function readSignatureRule(written: WrittenRule): Promise<SignatureRule | string> {
  const { images, identities, trustRoot } = written;
  const keys: TrustedKey[] = [];
  for (const [index, text] of written.keys.entries()) {
    const key = await readKey(text);
    if (typeof key === "string") return `keys[${index}]: ${key}`;
    keys.push(key);
  }
  for (const [index, identity] of identities.entries()) {
    const mistake = identityMistake(identity);
    if (mistake !== null) return `identities[${index}]: ${mistake}`;
  }
  if (keys.length + identities.length === 0) {
    return "it names neither keys nor identities, so nothing could meet it";
  }
  if ((trustRoot === null) !== (identities.length === 0)) {
    return "identities and trustRoot belong together: a certificate is checked with the trust root (trusted_root.json)";
  }
  const root = trustRoot === null ? null : await readRoot(trustRoot);
  if (typeof root === "string") return `trustRoot: ${root}`;
  const files = [...written.keys.filter(isAbsolute), ...(trustRoot === null ? [] : [trustRoot])];
  return { images, trust: { keys, identities, root }, files };
}

async function readKey(text: string): Promise<TrustedKey | string> {
  const isPath = !text.includes("-----BEGIN");
  const pem = isPath ? await readText(text) : { text };
  if (typeof pem === "string") return pem;
  const key = readPublicKey(pem.text);
  if (typeof key === "string") return isPath ? `of ${text}, ${key}` : key;
  const fingerprint = `SHA-256 ${fingerprintOf(pem.text).slice(0, 12)}…`;
  return { name: isPath ? `${text} (${fingerprint})` : fingerprint, key };
}

async function readRoot(path: string): Promise<TrustRoot | string> {
  const file = await readText(path);
  if (typeof file === "string") return file;
  const root = await readTrustRoot(file.text);
  return typeof root === "string" ? `of ${path}, ${root}` : root;
}

async function readText(path: string): Promise<{ text: string } | string> {
  if (!isAbsolute(path)) return `"${path}" is no absolute path such as /etc/bridgeport/cosign.pub`;
  try {
    return { text: await readFile(path, "utf8") };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `${path} cannot be read (${code ?? message})`;
  }
}

/** What of a host's policy stands against an image: a sentence that names the rule; null: nothing. */
export function signatureRefusal(
  rules: readonly SignatureRule[],
  policyPath: string,
  reference: string,
  brought: BroughtSignatures | null,
): string | null {
  for (const rule of rules) {
    const pattern = patternFor(rule, reference);
    const refusal = pattern === null ? null : objection(rule.trust, reference, brought);
    if (refusal === null) continue;
    return `The policy of this server runs ${wholeImageName(reference)} only if it is signed by ${signers(rule.trust)} (signatures: ${pattern}), ${refusal} its owner can change that in ${policyPath}.`;
  }
  return null;
}

/** The rest of a sentence, up to what else can be done; null: the image is signed. */
function objection(
  trust: Trust,
  reference: string,
  brought: BroughtSignatures | null,
): string | null {
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1];
  if (digest === undefined) return "but no digest is named that could be:";
  const short = `${digest.slice(0, 19)}…`;
  if (brought === null) {
    return `and the control plane brought no signatures of ${short}, as one of an earlier version does: update it and deploy again, or`;
  }
  if (brought.found.length === 0 && brought.error !== null) {
    return `and the control plane found no signatures of ${short}: ${brought.error} Or`;
  }
  const results: Verified[] = [];
  for (const one of brought.found) {
    const result = verifySignature(one, digest, trust);
    if (result.ok) return null;
    results.push(result);
  }
  return `and ${short} ${unproven(results)}: sign exactly this digest, or`;
}

/** Which of a rule's patterns means the image; null: none does. An image without a name may be any. */
function patternFor({ images }: SignatureRule, reference: string): string | null {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(reference)) return images[0] ?? null;
  const name = wholeImageName(reference);
  return images.find((pattern) => matchesImage(pattern, name)) ?? null;
}

function signers({ keys, identities }: Trust): string {
  const names = [...keys.map(({ name }) => name), ...identities.map(({ subject }) => subject)];
  const shown = names.slice(0, 3);
  const more = names.length - shown.length;
  return shown.join(" or ") + (more > 0 ? ` or ${more} more` : "");
}
