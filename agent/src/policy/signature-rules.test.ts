import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BroughtSignatures, ImageSignature } from "@bridgeport/proto";
import {
  bundleOf,
  newSigner,
  newSigstore,
  payloadOf,
  testIssuer,
  testSubject,
} from "@bridgeport/proto/signing-fixture";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parsePolicy } from "./parse-policy.ts";
import { hostPolicyOf, openPolicy, type PolicyRules } from "./policy.ts";
import { readPolicy } from "./policy-file.ts";
import { policyReport } from "./summary.ts";

const digest = `sha256:${"a".repeat(64)}`;
const other = `sha256:${"b".repeat(64)}`;
const shop = `registry.example/shop/app:v1@${digest}`;
const signer = newSigner();
let directory: string;
let keyFile: string;
let rootFile: string;
let byIdentity: ImageSignature;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "agent-signatures-"));
  keyFile = join(directory, "cosign.pub");
  rootFile = join(directory, "trusted_root.json");
  const sigstore = await newSigstore();
  await writeFile(keyFile, signer.publicKey);
  await writeFile(rootFile, sigstore.trustRoot);
  byIdentity = { kind: "bundle", text: (await sigstore.sign(digest)).toString("utf8") };
});
afterAll(async () => await rm(directory, { recursive: true }));

const simple = (of = digest, by = signer): ImageSignature => {
  const payload = payloadOf(of);
  return { kind: "simple", payload: payload.toString("base64"), signature: by.sign(payload) };
};
const brought = (...found: ImageSignature[]): BroughtSignatures => ({ found, error: null });

async function policyOf(rules: object[]): Promise<PolicyRules> {
  const parsed = await parsePolicy(JSON.stringify({ signatures: rules }));
  if (typeof parsed === "string") throw new Error(parsed);
  return parsed;
}

async function refusalOf(
  rules: object[],
  signatures: BroughtSignatures | null,
  reference = shop,
): Promise<string | null> {
  const policy = { ...openPolicy, ...(await policyOf(rules)) };
  return hostPolicyOf(policy).signatureRefusal(reference, signatures);
}

const byKey = () => [{ images: ["registry.example/shop/*"], keys: [keyFile] }];

describe("an image that has to be signed", () => {
  test("may run if it is, in either form", async () => {
    expect(await refusalOf(byKey(), brought(simple()))).toBeNull();
    const text = bundleOf(signer, digest).toString("utf8");
    expect(await refusalOf(byKey(), brought({ kind: "bundle", text }))).toBeNull();
    // Among others, which count for nothing.
    const others = [simple(other), simple(digest, newSigner())];
    expect(await refusalOf(byKey(), brought(...others, simple()))).toBeNull();
  });

  test("may be signed by a key that is in the policy itself", async () => {
    const rules = [{ images: ["*"], keys: [signer.publicKey] }];
    expect(await refusalOf(rules, brought(simple()))).toBeNull();
    expect(await refusalOf(rules, brought())).toMatch(/signed by SHA-256 [0-9a-f]{12}…/);
  });

  test.each<[string, BroughtSignatures | null, RegExp]>([
    ["there is none", brought(), /sha256:a+… has no signature: sign exactly this digest, or its/],
    ["another image is", brought(simple(other)), /has only a signature of another image/],
    ["another key did", brought(simple(digest, newSigner())), /has only signatures by other keys/],
    [
      "none could be looked for",
      { found: [], error: "The registry does not answer." },
      /the control plane found no signatures of sha256:a+…: The registry does not answer\. Or its owner/,
    ],
    ["the control plane is older", null, /brought no signatures .* earlier version does: update/],
  ])("is refused where %s, and the rule is named", async (_, signatures, why) => {
    const refusal = await refusalOf(byKey(), signatures);
    expect(refusal).toMatch(why);
    expect(refusal).toMatch(
      /^The policy of this server runs registry\.example\/shop\/app only if it is signed by .*cosign\.pub \(SHA-256 .*\(signatures: registry\.example\/shop\/\*\), .* its owner can change that in \/etc\/bridgeport\/agent-policy\.yaml\.$/,
    );
  });

  test.each([
    ["a name without a digest", "registry.example/shop/app:v1"],
    ["an id, which may be any image's", digest],
    ["an id in short form", digest.slice(7)],
    ["the registry's name in other letters", `Registry.Example:443/shop/app@${digest}`],
  ])("is refused by %s", async (_, reference) => {
    expect(await refusalOf(byKey(), brought(simple(other)), reference)).not.toBeNull();
  });

  test("has to meet every rule that names it", async () => {
    const second = newSigner();
    const rules = [...byKey(), { images: ["*"], keys: [second.publicKey] }];
    expect(await refusalOf(rules, brought(simple()))).toMatch(/\(signatures: \*\)/);
    expect(await refusalOf(rules, brought(simple(), simple(digest, second)))).toBeNull();
  });

  test("is not asked of images that no rule names", async () => {
    expect(await refusalOf(byKey(), null, `registry.example/other@${digest}`)).toBeNull();
    expect(await refusalOf([], null)).toBeNull();
  });

  test("may be signed by an identity", async () => {
    const identity = { issuer: testIssuer, subject: testSubject };
    const rules = [{ images: ["*"], identities: [identity], trustRoot: rootFile }];
    expect(await refusalOf(rules, brought(byIdentity))).toBeNull();
    expect(await refusalOf(rules, brought(simple()))).toMatch(/signed by https:\/\/github/);
    const stranger = { ...identity, subject: "https://github.com/evil/*" };
    const others = [{ images: ["*"], identities: [stranger], trustRoot: rootFile }];
    expect(await refusalOf(others, brought(byIdentity))).toMatch(/by others, such as https/);
  });
});

describe("what a policy says of signatures", () => {
  test.each<[string, string, RegExp]>([
    ["a list is", "signatures: {images: [x]}", /^signatures must be a list of \{images/],
    ["a rule is", "signatures: [x]", /^signatures\[0\] must be a mapping/],
    [
      "a setting is not known",
      "signatures: [{image: [x]}]",
      /^signatures\[0\]\.image is not a setting/,
    ],
    ["no image is named", "signatures: [{keys: [/x]}]", /^signatures\[0\]\.images names no image/],
    [
      "an image has a tag",
      "signatures: [{images: [a/b:1]}]",
      /^signatures\[0\]\.images has "a\/b:1"/,
    ],
    ["nothing could meet it", 'signatures: [{images: ["*"]}]', /neither keys nor identities/],
    [
      "a path is relative",
      'signatures: [{images: ["*"], keys: [x.pub]}]',
      /keys\[0\]: "x\.pub" is no absolute path/,
    ],
    [
      "a file is missing",
      'signatures: [{images: ["*"], keys: [/none.pub]}]',
      /keys\[0\]: \/none\.pub cannot be read \(ENOENT\)/,
    ],
    [
      "a file is no key",
      'signatures: [{images: ["*"], keys: [/etc/hostname]}]',
      /keys\[0\]: of \/etc\/hostname, it is not a public key/,
    ],
    [
      "identities have no trust root",
      `signatures: [{images: ["*"], identities: [{issuer: "${testIssuer}", subject: "${testSubject}"}]}]`,
      /identities and trustRoot belong together/,
    ],
    [
      "a trust root is none",
      `signatures: [{images: ["*"], trustRoot: /etc/hostname, identities: [{issuer: "${testIssuer}", subject: "${testSubject}"}]}]`,
      /trustRoot: of \/etc\/hostname, it is not JSON/,
    ],
    [
      "everybody is named",
      `signatures: [{images: ["*"], trustRoot: /x, identities: [{issuer: "${testIssuer}", subject: "*"}]}]`,
      /identities\[0\]: the subject "\*" may mean every user/,
    ],
    [
      "a subject is missing",
      `signatures: [{images: ["*"], trustRoot: /x, identities: [{issuer: "${testIssuer}"}]}]`,
      /identities\[0\]\.subject must be a text/,
    ],
  ])("is refused where %s not as it has to be", async (_, text, why) => {
    expect(await parsePolicy(text)).toMatch(why);
  });

  test("is in the report", async () => {
    const summary = async (rules: object[]) =>
      policyReport({ ...openPolicy, ...(await policyOf(rules)), sha256: "x" }).summary;
    expect(await summary(byKey())).toMatch(/^Wants 1 image pattern signed\. Containers/);
    const all = [...byKey(), { images: ["*"], keys: [keyFile] }];
    expect(await summary(all)).toMatch(/^Runs only signed images\./);
  });

  test("keeps its keys out of containers, and out of the state directory", async () => {
    const stateDir = join(directory, "state");
    await mkdir(stateDir);
    const place = join(directory, "policy.yaml");
    await writeFile(place, JSON.stringify({ signatures: byKey() }));
    expect((await readPolicy(place, stateDir)).ownPaths).toEqual([stateDir, place, keyFile]);
    const inside = join(stateDir, "cosign.pub");
    await writeFile(inside, signer.publicKey);
    const rules = [{ images: ["*"], keys: [inside] }];
    await writeFile(place, JSON.stringify({ signatures: rules }));
    await expect(readPolicy(place, stateDir)).rejects.toThrow(
      /names .*state\/cosign\.pub, which lies in the agent's state directory .* move it/,
    );
  });
});
