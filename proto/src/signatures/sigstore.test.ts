import { beforeAll, describe, expect, test } from "vitest";
import type { TrustRoot } from "./proven.ts";
import { newSigner } from "./signing.fixture.ts";
import {
  testIssuer as issuer,
  newSigstore,
  type SignOptions,
  testSubject as subject,
  type TestSigstore,
} from "./sigstore.fixture.ts";
import { readTrustRoot } from "./trust-root.ts";
import { type Trust, unproven, verifySignature } from "./verify.ts";

/** Signatures by identities, made with the keys of an installation of Sigstore of the test's own. */

const digest = `sha256:${"a".repeat(64)}`;
const other = `sha256:${"b".repeat(64)}`;
const identities = [{ issuer, subject }];

interface Material {
  certificate: { rawBytes: string };
  tlogEntries: unknown[];
  [more: string]: unknown;
}

let sigstore: TestSigstore;
let root: TrustRoot;

async function rootOf(one: TestSigstore): Promise<TrustRoot> {
  const read = await readTrustRoot(one.trustRoot);
  if (typeof read === "string") throw new Error(read);
  return read;
}

beforeAll(async () => {
  sigstore = await newSigstore();
  root = await rootOf(sigstore);
});

async function verify(options: SignOptions = {}, trust: Partial<Trust> = {}, of = digest) {
  const text = (await sigstore.sign(of, options)).toString("utf8");
  return verifySignature({ kind: "bundle", text }, digest, {
    ...{ keys: [], identities, root, ...trust },
  });
}

describe("a signature by an identity", () => {
  test("counts, with who signed it and when", async () => {
    const signedAt = new Date("2026-03-01T12:00:00Z");
    expect(await verify({ signedAt })).toEqual({
      ok: true,
      by: { kind: "identity", issuer, subject, signedAt: signedAt.getTime() },
    });
  });

  test("of a person counts by their e-mail", async () => {
    const ann = { issuer: "https://accounts.example", subject: "ann@acme.example" };
    const any = { issuer: ann.issuer, subject: "*@acme.example" };
    expect(await verify(ann, { identities: [any] })).toMatchObject({ ok: true, by: ann });
  });

  test.each<[string, SignOptions]>([
    ["another subject", { subject: subject.replace("acme/shop", "evil/shop") }],
    ["a subject that goes on", { subject: `${subject}-evil` }],
    ["a subject that holds it", { subject: `https://evil.example/?${subject}` }],
    ["another issuer", { issuer: "https://evil.example" }],
    ["an issuer that goes on", { issuer: `${issuer}.evil.example` }],
  ])("does not count by %s, and says whose it is", async (_, options) => {
    const result = await verify(options);
    const by = { kind: "identity", issuer, subject, ...options };
    expect(result).toMatchObject({ ok: false, reason: "other identity", by });
    expect(unproven([result])).toContain(options.subject ?? options.issuer);
  });

  test("is compared as a whole, and a dot is a dot", async () => {
    const dotted = { ...identities[0], issuer, subject: subject.replaceAll(".", "x") };
    expect(await verify({}, { identities: [dotted] })).toMatchObject({ ok: false });
    const start = { issuer, subject: "https://github.com/acme/*" };
    expect(await verify({}, { identities: [start] })).toMatchObject({ ok: true });
  });

  test("of another image does not count", async () => {
    expect(await verify({}, {}, other)).toMatchObject({ ok: false, reason: "other digest" });
  });

  test("of an SBOM does not count", async () => {
    const sbom = await verify({ predicateType: "https://cyclonedx.org/bom" });
    expect(sbom).toMatchObject({ ok: false, reason: "no signature" });
  });

  test("does not count where there is no trust root, or another one", async () => {
    expect(await verify({}, { root: null })).toMatchObject({ ok: false, reason: "no trust root" });
    const strange = await rootOf(await newSigstore());
    const result = await verify({}, { root: strange });
    expect(result).toMatchObject({ ok: false, reason: "not proven" });
    expect(unproven([result])).toMatch(/^has only a signature that does not hold \(/);
  });

  const early = new Date("2026-03-01T12:00:00Z");
  const hour = 3_600_000;
  test.each<[string, SignOptions, RegExp]>([
    [
      "was made after its certificate had expired",
      { certifiedAt: early, signedAt: new Date(early.getTime() + hour) },
      /certificate/,
    ],
    [
      "was made before its certificate was valid",
      { certifiedAt: early, signedAt: new Date(early.getTime() - hour) },
      /certificate/,
    ],
    ["is in no log", { without: "log entry" }, /timestamp/],
    ["has no proof that it is in the log", { without: "promise and proof" }, /./],
    ["has no time that the log has signed", { without: "promise" }, /timestamp/],
    ["has a certificate that is in no log", { without: "certificate's log entry" }, /SCT/],
    ["is by another key than the certificate's", { otherKey: true }, /signature/],
    ["is in the log as another one", { otherEntry: true }, /mismatch/],
  ])("does not count where it %s", async (_, options, why) => {
    expect(await verify(options)).toMatchObject({
      ...{ ok: false, reason: "not proven", by: null },
      why: expect.stringMatching(why),
    });
  });

  test.each<[string, (bundle: Record<string, unknown>) => void]>([
    [
      "its log's entry",
      ({ verificationMaterial: material }) => {
        const entries = (material as { tlogEntries: { integratedTime: string }[] }).tlogEntries;
        for (const entry of entries) entry.integratedTime = "1";
      },
    ],
    [
      "what it says",
      ({ dsseEnvelope: envelope }) => {
        const one = envelope as { payload: string };
        const said = Buffer.from(one.payload, "base64").toString("utf8");
        one.payload = Buffer.from(said.replace("predicate", "predicatE")).toString("base64");
      },
    ],
    [
      "its certificate",
      ({ verificationMaterial: material }) => {
        const { certificate } = material as { certificate: { rawBytes: string } };
        const bytes = Buffer.from(certificate.rawBytes, "base64");
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        certificate.rawBytes = bytes.toString("base64");
      },
    ],
  ])("does not count after a change of %s", async (_, change) => {
    const bundle = JSON.parse((await sigstore.sign(digest)).toString("utf8"));
    change(bundle);
    const found = { kind: "bundle" as const, text: JSON.stringify(bundle) };
    const result = verifySignature(found, digest, { keys: [], identities, root });
    expect(result).toMatchObject({ ok: false, reason: "not proven" });
  });

  test.each<[string, RegExp, (material: Material) => void]>([
    [
      "log entries",
      /more than 8/,
      (material) => {
        material.tlogEntries = Array.from({ length: 9 }, () => material.tlogEntries[0]);
      },
    ],
    [
      "timestamps",
      /more than 8/,
      (material) => {
        const rfc3161Timestamps = Array.from({ length: 9 }, () => ({ signedTimestamp: "AA==" }));
        material.timestampVerificationData = { rfc3161Timestamps };
      },
    ],
    [
      "bytes of a certificate",
      /certificate is too long/,
      ({ certificate }) => {
        certificate.rawBytes += "A".repeat(9000);
      },
    ],
    [
      "bytes of a timestamp",
      /timestamp is too long/,
      (material) => {
        const rfc3161Timestamps = [{ signedTimestamp: "A".repeat(20_000) }];
        material.timestampVerificationData = { rfc3161Timestamps };
      },
    ],
    [
      "bytes",
      /it is too long/,
      (material) => {
        material.more = "x".repeat(70_000);
      },
    ],
  ])("is not looked at closely where it has too many %s", async (_, why, change) => {
    const bundle = JSON.parse((await sigstore.sign(digest)).toString("utf8"));
    change(bundle.verificationMaterial);
    expect(root.prove(JSON.stringify(bundle))).toEqual({
      ...{ ok: false, why: expect.stringMatching(why) },
    });
  });

  test("needs no trust root where a key is asked for, which has made it too", async () => {
    const signer = newSigner();
    const { bundleOf } = await import("./signing.fixture.ts");
    const text = bundleOf(signer, digest).toString("utf8");
    const keys = [{ name: "release", key: signer.key }];
    const result = verifySignature({ kind: "bundle", text }, digest, {
      ...{ keys, identities, root: null },
    });
    expect(result).toEqual({ ok: true, by: { kind: "key", name: "release" } });
  });
});

describe("a trust root", () => {
  test.each([
    ["", /not JSON/],
    ["null", /no trust root of Sigstore/],
    ["{}", /no trust root of Sigstore/],
    ['{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}', /no trust root/],
    [
      '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}',
      /no certificate authority/,
    ],
    [
      '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","tlogs":7}',
      /cannot be read|no certificate authority/,
    ],
  ])("is not taken from %j", async (text, why) => {
    expect(await readTrustRoot(text)).toMatch(why);
  });

  test.each(["certificateAuthorities", "tlogs", "ctlogs"])("needs its %s", async (name) => {
    const value = { ...JSON.parse(sigstore.trustRoot), [name]: [] };
    expect(await readTrustRoot(JSON.stringify(value))).toMatch(/^it has no /);
  });

  test("with a key that is damaged is not taken", async () => {
    const value = JSON.parse(sigstore.trustRoot);
    value.tlogs[0].publicKey.rawBytes = "AAAA";
    expect(await readTrustRoot(JSON.stringify(value))).toMatch(/^it cannot be read/);
  });
});
