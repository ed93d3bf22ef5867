import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { ImageSignature } from "../messages.ts";
import { bundleOf, newSigner, payloadOf } from "./signing.fixture.ts";
import { testIssuer as issuer, newSigstore, testSubject as subject } from "./sigstore.fixture.ts";
import { readTrustRoot } from "./trust-root.ts";
import { type Trust, unproven, verifySignature } from "./verify.ts";

/** Anybody who may push to a repository can put anything beside an image: it is refused, and never thrown at. */

const digest = `sha256:${"a".repeat(64)}`;
const signer = newSigner();
let trust: Trust;
let genuine: string[];

beforeAll(async () => {
  const sigstore = await newSigstore();
  const root = await readTrustRoot(sigstore.trustRoot);
  if (typeof root === "string") throw new Error(root);
  const keys = [{ name: "release", key: signer.key }];
  trust = { keys, identities: [{ issuer, subject }], root };
  genuine = [await sigstore.sign(digest), bundleOf(signer, digest)].map(String);
});

function check(found: ImageSignature) {
  const result = verifySignature(found, digest, trust);
  expect(unproven([result])).toMatch(/./);
  return result;
}

test("any bytes are no signature", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string(), (payload, signature) => {
      expect(check({ kind: "simple", payload, signature }).ok).toBe(false);
      expect(check({ kind: "bundle", text: payload }).ok).toBe(false);
    }),
  );
});

test("nor is any JSON", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(check({ kind: "bundle", text }).ok).toBe(false);
      const payload = Buffer.from(text);
      // Also where the signature is genuine, it says nothing.
      const found = { kind: "simple" as const, payload: payload.toString("base64") };
      expect(check({ ...found, signature: signer.sign(payload) }).ok).toBe(false);
    }),
  );
});

/** Every place in a JSON value. */
function places(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => places(inner, [...path, key]))];
}

function withChange(value: unknown, [key, ...rest]: readonly string[], put: unknown): unknown {
  if (key === undefined) return put;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  const inner = (copy as Record<string, unknown>)[key];
  return Object.assign(copy, { [key]: withChange(inner, rest, put) });
}

test("a bundle in which anything is another value counts only for who has signed it", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(1), fc.jsonValue({ maxDepth: 2 }), (index, which, put) => {
      const bundle: unknown = JSON.parse(genuine[which] ?? "");
      const all = places(bundle);
      const changed = withChange(bundle, all[index % all.length] ?? [], put);
      const result = check({ kind: "bundle", text: JSON.stringify(changed) });
      if (result.ok)
        expect(result.by).toMatchObject(which === 0 ? { subject } : { name: "release" });
    }),
    { numRuns: 1000 },
  );
});

test("a payload in which one byte is another is not signed", () => {
  const payload = payloadOf(digest);
  const signature = signer.sign(payload);
  fc.assert(
    fc.property(fc.nat(payload.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
      const bytes = Buffer.from(payload);
      bytes[at] = (bytes[at] ?? 0) ^ bits;
      const found = { kind: "simple" as const, payload: bytes.toString("base64"), signature };
      expect(check(found)).toMatchObject({ ok: false, reason: "other key" });
    }),
  );
});
