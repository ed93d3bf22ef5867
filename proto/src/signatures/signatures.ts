/*
 * Whether an image is signed, as control plane and agent find out by the same rules. Pure: what was found
 * beside the image, its digest and what is trusted in, answer out.
 */
export { identityMistake, type TrustedIdentity } from "./identities.ts";
export type { TrustRoot } from "./proven.ts";
export { fingerprintOf, readPublicKey, type SigningKey, type TrustedKey } from "./public-keys.ts";
export type { Unproven } from "./statement.ts";
export { readTrustRoot } from "./trust-root.ts";
export { type Signer, type Trust, unproven, type Verified, verifySignature } from "./verify.ts";
