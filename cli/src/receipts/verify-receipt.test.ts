import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CompactSign,
  calculateJwkThumbprint,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
} from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runWith } from "../io.fixture.ts";

const receipt = {
  planId: "p",
  final: true,
  name: "web v2",
  status: "completed",
  services: [
    {
      service: { id: "s", name: "web", serverName: "one" },
      before: null,
      after: {
        imageId: `sha256:${"ab".repeat(32)}`,
        running: true,
        health: "healthy",
        exitCode: null,
      },
      afterRollback: null,
      downtimeMs: 12,
    },
  ],
};

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let pair: Pair;
let other: Pair;
let kid: string;
let jwk: JWK;
let directory: string;

beforeAll(async () => {
  pair = await generateKeyPair("EdDSA", { extractable: true });
  other = await generateKeyPair("EdDSA", { extractable: true });
  jwk = await exportJWK(pair.publicKey);
  kid = await calculateJwkThumbprint(jwk);
  directory = mkdtempSync(join(tmpdir(), "bridgeport-receipt-"));
  writeFileSync(
    join(directory, "keys.json"),
    JSON.stringify({ keys: [{ ...jwk, kid, use: "sig" }] }),
  );
  writeFileSync(join(directory, "key.json"), JSON.stringify(jwk));
  writeFileSync(join(directory, "key.pem"), await exportSPKI(pair.publicKey));
  writeFileSync(
    join(directory, "other.json"),
    JSON.stringify({ keys: [await exportJWK(other.publicKey)] }),
  );
});
afterAll(() => rmSync(directory, { recursive: true }));

function sign(value: unknown, { by = pair.privateKey, typ = "bridgeport-receipt+jws" } = {}) {
  return new CompactSign(Buffer.from(JSON.stringify(value)))
    .setProtectedHeader({ alg: "EdDSA", typ, kid, jwk })
    .sign(by);
}

const none = () => new Response(null, { status: 500 });

async function verify(text: string, ...options: string[]) {
  const file = join(directory, "receipt.json");
  writeFileSync(file, text);
  const ran = await runWith(["verify-receipt", file, ...options], none);
  expect(ran.requests).toEqual([]);
  return ran;
}

const given = async () => JSON.stringify({ receipt, jws: await sign(receipt) }, null, 2);
const at = (name: string) => join(directory, name);

describe("a receipt as it was signed", () => {
  it.each(["keys.json", "key.json", "key.pem"])("is verified with %s", async (name) => {
    const { code, out, err } = await verify(await given(), "--key", at(name));
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^web v2: completed\n/);
    expect(out).toContain(`The receipt is what the key ${kid} signed.`);
  });
  it("is verified by the fingerprint of its key", async () => {
    const { code, out } = await verify(await given(), "--fingerprint", kid, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ receipt, key: kid });
  });
});

describe("is refused, with what is wrong", () => {
  it.each<[string, (text: string) => string | Promise<string>, RegExp]>([
    [
      "a changed field",
      (text) => text.replace('"running": true', '"running": false'),
      /receipt\.services\[0\]\.after\.running is not what was signed/,
    ],
    [
      "a removed field",
      (text) => text.replace('"final": true,', ""),
      /receipt\.final is not what was signed/,
    ],
    [
      "an added field",
      (text) => text.replace('"final": true,', '"final": true, "more": 1,'),
      /receipt\.more is not/,
    ],
    [
      "a file that is cut off",
      (text) => text.slice(0, -200),
      /not whole JSON\. Is the file cut off/,
    ],
    ["an empty file", () => "", /not whole JSON/],
    ["something else", () => "[]", /This is no receipt/],
    [
      "a signature that is cut off",
      (text) => text.replace(/.{20}"\s*\}$/, '"}'),
      /signature of this receipt is wrong/,
    ],
    [
      "a signature without its parts",
      () => JSON.stringify({ receipt, jws: "x" }),
      /cannot be read/,
    ],
    ["one that is not signed", () => JSON.stringify({ receipt, jws: null }), /had not ended/],
    [
      "somebody else's signature under this key's name",
      async () => JSON.stringify({ receipt, jws: await sign(receipt, { by: other.privateKey }) }),
      /signature of this receipt is wrong/,
    ],
    [
      "another thing that was signed",
      async () => JSON.stringify({ receipt, jws: await sign(receipt, { typ: "JWT" }) }),
      /no receipt of a plan/,
    ],
  ])("%s", async (_, change, words) => {
    const text = await change(await given());
    for (const trust of [
      ["--key", at("keys.json")],
      ["--fingerprint", kid],
    ]) {
      const { code, out, err } = await verify(text, ...trust);
      expect([code, out]).toEqual([1, ""]);
      expect(err).toMatch(words);
    }
  });
  it("a key that is not believed", async () => {
    const unknown = await verify(await given(), "--key", at("other.json"));
    expect(unknown).toMatchObject({
      code: 1,
      err: expect.stringContaining(`the key ${kid}, which is not in`),
    });
    const pinned = await verify(await given(), "--fingerprint", "abc");
    expect(pinned).toMatchObject({ code: 1, err: expect.stringContaining("not with abc") });
  });
  it("a header that brings its own key under a pinned name", async () => {
    const jws = await new CompactSign(Buffer.from(JSON.stringify(receipt)))
      .setProtectedHeader({
        ...{ alg: "EdDSA", typ: "bridgeport-receipt+jws", kid },
        jwk: await exportJWK(other.publicKey),
      })
      .sign(other.privateKey);
    for (const trust of [
      ["--key", at("keys.json")],
      ["--fingerprint", kid],
    ]) {
      expect((await verify(JSON.stringify({ receipt, jws }), ...trust)).code).toBe(1);
    }
  });
  it("no key, or a file that has none", async () => {
    expect((await verify(await given())).err).toContain("Which key is believed?");
    writeFileSync(at("empty.json"), "{}");
    const empty = await verify(await given(), "--key", at("empty.json"));
    expect(empty).toMatchObject({ code: 1, err: expect.stringContaining("no Ed25519 public key") });
    const gone = await verify(await given(), "--key", at("gone.json"));
    expect(gone).toMatchObject({ code: 1, err: expect.stringContaining("cannot be read") });
  });
});

it("writes a receipt to a file that it verifies", async () => {
  const answer = { receipt, jws: await sign(receipt) };
  const file = at("fetched.json");
  const fetched = await runWith(["receipt", "p", "-o", file], (request) =>
    Response.json(
      new URL(request.url).pathname.endsWith("/receipt") ? answer : { plan: { id: "p" } },
    ),
  );
  expect(fetched).toMatchObject({ code: 0, out: "", err: expect.stringContaining("signed") });
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(answer);
  const verified = await runWith(["verify-receipt", file, "--key", at("key.pem")], none);
  expect(verified.code).toBe(0);
});
