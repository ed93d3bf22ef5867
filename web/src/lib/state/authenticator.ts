import { ApiProblem } from "../api/problem.ts";

/** What the server gives for the authenticator, as it is. */
type Options = Record<string, unknown>;

/** This browser can use passkeys: it does so only on pages with https, or of this machine. */
export function passkeysSupported(): boolean {
  return (
    globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined &&
    globalThis.navigator?.credentials !== undefined
  );
}

/** Has an authenticator make a passkey. @throws {ApiProblem} with a sentence that says why it did not */
export function makePasskey(options: Options): Promise<RegistrationResponseJSON> {
  return asked(async () => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
      options as unknown as PublicKeyCredentialCreationOptionsJSON,
    );
    return answerOf(await navigator.credentials.create({ publicKey })) as RegistrationResponseJSON;
  });
}

/** Has an authenticator show a passkey. @throws {ApiProblem} with a sentence that says why it did not */
export function showPasskey(options: Options): Promise<AuthenticationResponseJSON> {
  return asked(async () => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
      options as unknown as PublicKeyCredentialRequestOptionsJSON,
    );
    return answerOf(await navigator.credentials.get({ publicKey })) as AuthenticationResponseJSON;
  });
}

function answerOf(credential: Credential | null): unknown {
  if (credential instanceof PublicKeyCredential) return credential.toJSON();
  throw new DOMException("no credential", "NotAllowedError");
}

/** By the names that the standard gives to what can go wrong. */
const sentences: Record<string, string> = {
  NotAllowedError: "No passkey was used: it was cancelled, took too long, or there is none here.",
  AbortError: "No passkey was used: it was cancelled.",
  InvalidStateError: "This device has a passkey of yours already.",
  SecurityError:
    "Passkeys do not work at the address that this page was opened with. Open the console at its public address.",
  NotSupportedError: "This device cannot make a passkey that Bridgeport can use.",
  ConstraintError:
    "This device cannot check that it is you: set up a PIN, a fingerprint or the like for it.",
};

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const name = error instanceof DOMException ? error.name : "";
    throw new ApiProblem(0, "no_passkey", authenticatorSentence(name));
  }
}

/** What to tell a user of an authenticator's failure with this name. */
export function authenticatorSentence(name: string): string {
  return Object.hasOwn(sentences, name)
    ? (sentences[name] ?? "")
    : "This browser could not use a passkey. Try again, or use another browser.";
}
