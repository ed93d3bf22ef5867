import { listAt, parsed, textAt } from "./json.ts";

/** Why a signature proves nothing. */
export type Unproven =
  | "other key" // by none of the keys, or changed after it was made
  | "other identity" // proven by the trust root, and by none of the identities
  | "other digest" // valid, and of another image
  | "damaged" // cannot be read
  | "not proven" // of a certificate that does not hold, by the trust root
  | "no trust root" // of a certificate, and nothing is there to check it with
  | "no signature"; // valid, and says something else than that the image is signed

const cosignType = "cosign container image signature";
const inTotoType = "application/vnd.in-toto+json";
const signPredicate = "https://sigstore.dev/cosign/sign/v1";

/**
 * What is said of a digest by bytes in cosign's own form, whose signature has been checked.
 * @returns why they do not say that it is signed; null: they do
 */
export function simpleObjection(payload: Buffer, digest: string): Unproven | null {
  const said = parsed(payload);
  const type = textAt(said, "critical", "type");
  const signed = textAt(said, "critical", "image", "docker-manifest-digest");
  if (type === undefined || signed === undefined) return "damaged";
  if (type !== cosignType) return "no signature";
  return signed === digest ? null : "other digest";
}

/** The same for the payload of an envelope (DSSE), which is a statement (in-toto). */
export function statementObjection(
  { payload, payloadType }: { payload: Buffer; payloadType: string },
  digest: string,
): Unproven | null {
  const statement = payloadType === inTotoType ? parsed(payload) : undefined;
  const predicate = textAt(statement, "predicateType");
  const subjects = listAt(statement, 1000, "subject");
  if (predicate === undefined || subjects === undefined) return "damaged";
  // The same signer signs SBOMs and provenance, which say nothing of whether the image may run.
  if (predicate !== signPredicate) return "no signature";
  const [algorithm = "", hex = ""] = digest.split(":");
  const isOfIt = subjects.some((one) => textAt(one, "digest", algorithm) === hex);
  return isOfIt ? null : "other digest";
}
