import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import {
  decodeAttestationObject,
  decodeClientDataJSON,
  parseAuthenticatorData,
} from "@simplewebauthn/server/helpers";
import type { PasskeyRow } from "./passkeys.store.ts";
import type { RelyingParty } from "./relying-party.ts";

/** Bytes in base64url. */
const bytes = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[A-Za-z0-9_-]+$/, "is not base64url");
// A credential's id has at most 1023 bytes.
const credentialId = bytes(1364);

/** What `PublicKeyCredential.toJSON()` gives in a browser, as far as it is looked at. */
export const newCredentialSchema = z.object({
  id: credentialId,
  type: z.literal("public-key"),
  response: z.object({ clientDataJSON: bytes(16_384), attestationObject: bytes(65_536) }),
});
export const assertionSchema = z.object({
  id: credentialId,
  type: z.literal("public-key"),
  response: z.object({
    clientDataJSON: bytes(16_384),
    authenticatorData: bytes(16_384),
    signature: bytes(16_384),
    userHandle: bytes(88).nullish(),
  }),
});
export type NewCredential = z.infer<typeof newCredentialSchema>;
export type Assertion = z.infer<typeof assertionSchema>;

/** Why an authenticator's answer does not count. */
export type Refusal =
  /** the browser was at another address */
  | "wrong_origin"
  /** it was made for another host name */
  | "wrong_rp_id"
  /** the authenticator has not looked at who uses it */
  | "user_not_verified"
  /** the authenticator has signed less often than before: it may have been copied */
  | "counter"
  /** an attestation was sent, which was not asked for */
  | "attestation"
  /** the signature, or anything else */
  | "invalid";

/** For a passkey that needs no e-mail address first, and that counts as both factors. */
export function registrationOptions(
  { id }: RelyingParty,
  user: { handle: Buffer; email: string; name: string | null; passkeys: readonly PasskeyRow[] },
) {
  return generateRegistrationOptions({
    rpName: "Bridgeport",
    rpID: id,
    userID: new Uint8Array(user.handle),
    userName: user.email,
    userDisplayName: user.name ?? user.email,
    attestationType: "none",
    excludeCredentials: user.passkeys.map((row) => ({
      id: row.credentialId.toString("base64url"),
    })),
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  });
}

export function loginOptions({ id }: RelyingParty) {
  return generateAuthenticationOptions({ rpID: id, userVerification: "required" });
}

/** What is stored of a new passkey, if the authenticator's answer counts. */
export async function verifyNewPasskey(
  { id: rpId, origin }: RelyingParty,
  challenge: string,
  credential: NewCredential,
): Promise<Pick<PasskeyRow, "credentialId" | "publicKey" | "signCount"> | Refusal> {
  try {
    if (isAttested(credential)) return "attestation";
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { ...credential, rawId: credential.id, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
    });
    if (!verified || !registrationInfo) return "invalid";
    const { id, publicKey, counter } = registrationInfo.credential;
    return {
      credentialId: Buffer.from(id, "base64url"),
      publicKey: Buffer.from(publicKey),
      signCount: counter,
    };
  } catch {
    return why({ id: rpId, origin }, credential.response.clientDataJSON, () =>
      decodeAttestationObject(decoded(credential.response.attestationObject)).get("authData"),
    );
  }
}

/** @returns the authenticator's counter, if its answer is of this passkey and counts */
export async function verifyAssertion(
  { id: rpId, origin }: RelyingParty,
  challenge: string,
  passkey: PasskeyRow,
  assertion: Assertion,
): Promise<{ signCount: number } | Refusal> {
  const { response, ...rest } = assertion;
  const { clientDataJSON, authenticatorData, signature } = response;
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        ...rest,
        rawId: rest.id,
        response: { clientDataJSON, authenticatorData, signature },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: true,
      credential: {
        id: passkey.credentialId.toString("base64url"),
        publicKey: new Uint8Array(passkey.publicKey),
        counter: passkey.signCount,
      },
    });
    return verified ? { signCount: authenticationInfo.newCounter } : "invalid";
  } catch {
    const party = { id: rpId, origin };
    return why(party, clientDataJSON, () => decoded(authenticatorData), passkey.signCount);
  }
}

/**
 * Certificates of the authenticator's maker were not asked for. To check them the library would fetch
 * what addresses in them name, so they are not looked at. A signature of the passkey itself is none.
 */
function isAttested({ response }: NewCredential): boolean {
  const object = decodeAttestationObject(decoded(response.attestationObject));
  const format = object.get("fmt");
  return (
    format !== "none" && (format !== "packed" || object.get("attStmt").get("x5c") !== undefined)
  );
}

/** Which sentence an answer gets that was refused already: this decides nothing else. */
function why(
  { id, origin }: RelyingParty,
  clientDataJSON: string,
  authenticatorData: () => Uint8Array<ArrayBuffer>,
  signCount?: number,
): Refusal {
  try {
    if (decodeClientDataJSON(clientDataJSON).origin !== origin) return "wrong_origin";
    const { rpIdHash, flags, counter } = parseAuthenticatorData(authenticatorData());
    const expected = createHash("sha256").update(id).digest();
    if (!expected.equals(rpIdHash)) return "wrong_rp_id";
    if (!flags.uv) return "user_not_verified";
    if (signCount !== undefined && signCount > 0 && counter <= signCount) return "counter";
    return "invalid";
  } catch {
    return "invalid";
  }
}

const decoded = (base64url: string) => new Uint8Array(Buffer.from(base64url, "base64url"));
