import { describe, expect, test } from "vitest";
import type { ImageSignature } from "../messages.ts";
import { readPublicKey, type TrustedKey } from "./public-keys.ts";
import { bundleOf, type KeyKind, newSigner, payloadOf } from "./signing.fixture.ts";
import { verifySignature as verify } from "./verify.ts";

const digest = `sha256:${"a".repeat(64)}`;
const other = `sha256:${"b".repeat(64)}`;
const signer = newSigner();
const trusted = [{ name: "release", key: signer.key }];

const base64 = (bytes: Buffer) => bytes.toString("base64");

function simple(payload: Buffer, by = signer): ImageSignature {
  return { kind: "simple", payload: base64(payload), signature: by.sign(payload) };
}

function verifySignature(found: ImageSignature, of: string, keys: readonly TrustedKey[]) {
  const { ok, ...result } = verify(found, of, { keys, identities: [], root: null });
  if (ok && "by" in result && result.by?.kind === "key") return { ok, key: result.by.name };
  return { ok, reason: "reason" in result ? result.reason : null };
}

const bundle = (text: Buffer): ImageSignature => ({ kind: "bundle", text: text.toString("utf8") });

describe("a signature by a trusted key", () => {
  test.each<[KeyKind, string]>([
    ["P-256", "sha256"],
    ["P-384", "sha256"],
    ["P-384", "sha384"],
    ["Ed25519", ""],
    ["RSA", "sha256"],
  ])("of %s %s counts in both forms", (kind, hash) => {
    const by = newSigner(kind, hash);
    const keys = [...trusted, { name: "mine", key: by.key }];
    expect(verifySignature(simple(payloadOf(digest), by), digest, keys)).toEqual({
      ok: true,
      key: "mine",
    });
    expect(verifySignature(bundle(bundleOf(by, digest)), digest, keys)).toEqual({
      ok: true,
      key: "mine",
    });
  });

  test.each<[string, ImageSignature]>([
    ["simple", simple(payloadOf(other))],
    ["bundle", bundle(bundleOf(signer, other))],
  ])("of another image does not count: %s", (_, found) => {
    expect(verifySignature(found, digest, trusted)).toEqual({ ok: false, reason: "other digest" });
  });

  test.each<[string, ImageSignature]>([
    ["another kind of statement", simple(payloadOf(digest, "atomic container signature"))],
    ["an SBOM", bundle(bundleOf(signer, digest, "https://cyclonedx.org/bom"))],
  ])("of something else than the image does not count: %s", (_, found) => {
    expect(verifySignature(found, digest, trusted)).toEqual({ ok: false, reason: "no signature" });
  });

  test("of bytes that are no statement does not count", () => {
    for (const text of ["", "null", "[]", '{"critical":{}}', '{"critical":{"image":null}}']) {
      expect(verifySignature(simple(Buffer.from(text)), digest, trusted)).toEqual({
        ok: false,
        reason: "damaged",
      });
    }
  });
});

describe("a signature that no trusted key has made", () => {
  const stranger = newSigner();
  const signed = payloadOf(digest);
  test.each<[string, ImageSignature]>([
    ["another key's", simple(signed, stranger)],
    ["another key's bundle", bundle(bundleOf(stranger, digest))],
    [
      "changed after it was signed",
      { kind: "simple", payload: base64(signed), signature: signer.sign(payloadOf(other)) },
    ],
    ["empty", { kind: "simple", payload: base64(signed), signature: "" }],
    ["not base64", { kind: "simple", payload: base64(signed), signature: "§§§" }],
  ])("does not count: %s", (_, found) => {
    expect(verifySignature(found, digest, trusted)).toEqual({ ok: false, reason: "other key" });
  });

  test("does not count where there is no key at all", () => {
    expect(verifySignature(simple(signed), digest, [])).toEqual({ ok: false, reason: "other key" });
  });

  test.each(["", "null", "{}", '{"dsseEnvelope":{}}', "\u0000"])(
    "does not count: bundle %j",
    (text) => {
      expect(verifySignature(bundle(Buffer.from(text)), digest, trusted)).toEqual({
        ok: false,
        reason: "damaged",
      });
    },
  );
});

describe("a public key", () => {
  test("is read where cosign writes such", () => {
    expect(readPublicKey(signer.publicKey)).toHaveProperty("asymmetricKeyType", "ec");
  });

  test.each([
    ["", /not a public key in PEM/],
    ["-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----", /private key/],
    ["-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nx", /private key/],
    ["-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----", /not a public key in PEM/],
    ["-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", /damaged/],
  ])("is refused: %j", (pem, why) => {
    expect(readPublicKey(pem)).toMatch(why);
  });
});
