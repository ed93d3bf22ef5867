import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { certificateOf } from "./registries/tls.fixture.ts";
import { doubtsAbout, followTlsFiles, readTlsFiles, type TlsPair } from "./tls-files.ts";

let directory: string;
let files: { cert: string; key: string };
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bridgeport-tls-"));
  files = { cert: join(directory, "tls.crt"), key: join(directory, "tls.key") };
});
afterEach(() => rmSync(directory, { recursive: true }));

async function newPair(host = "console.example.com"): Promise<TlsPair> {
  const { certificate, key } = await certificateOf(host);
  return { cert: certificate, key };
}

function write({ cert, key }: Partial<TlsPair>): void {
  if (cert !== undefined) writeFileSync(files.cert, cert);
  if (key !== undefined) writeFileSync(files.key, key);
}

describe("at the start", () => {
  test("a certificate and its key are read", async () => {
    const pair = await newPair();
    write(pair);
    expect(readTlsFiles(files)).toEqual(pair);
  });

  const locked = () =>
    generateKeyPairSync("ec", {
      namedCurve: "P-256",
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" },
    }).privateKey;
  test.each<[string, () => Promise<Partial<TlsPair>>, RegExp]>([
    ["no file", async () => ({}), /^BRIDGEPORT_TLS_CERT=\S+tls.crt cannot be read \(ENOENT\)/],
    [
      "no key",
      async () => ({ cert: (await newPair()).cert }),
      /^BRIDGEPORT_TLS_KEY=\S+tls.key cannot be read \(ENOENT\)/,
    ],
    [
      "no certificate inside",
      async () => ({ ...(await newPair()), cert: "hello" }),
      /TLS_CERT=\S+ cannot be used: it holds no whole certificate/,
    ],
    [
      "half a certificate",
      async () => {
        const pair = await newPair();
        return { ...pair, cert: pair.cert.slice(0, 200) };
      },
      /it holds no whole certificate/,
    ],
    [
      "half a certificate of the chain",
      async () => {
        const pair = await newPair();
        return { ...pair, cert: `${pair.cert}\n${pair.cert.slice(0, 200)}` };
      },
      /TLS_CERT=\S+ cannot be used: it cannot be shown with its chain/,
    ],
    [
      "no key inside",
      async () => ({ ...(await newPair()), key: "hello" }),
      /TLS_KEY=\S+ cannot be used: it holds no whole private key/,
    ],
    [
      "a key with a passphrase",
      async () => ({ ...(await newPair()), key: locked() }),
      /the key has a passphrase/,
    ],
    [
      "another key",
      async () => ({ ...(await newPair()), key: (await newPair()).key }),
      /TLS_KEY=\S+ cannot be used: it is not the key of the certificate/,
    ],
  ])("%s is a sentence that names the variable", async (_, pair, message) => {
    write(await pair());
    expect(() => readTlsFiles(files)).toThrow(message);
    expect(() => readTlsFiles(files)).not.toThrow(/PRIVATE/);
  });
});

test("a certificate that is over, or another host's, is doubted", async () => {
  const pair = await newPair();
  const of = (url: string, days = 0) =>
    doubtsAbout(pair, url, new Date(Date.now() + days * 86_400_000));
  expect(of("https://console.example.com")).toEqual([]);
  expect(of("https://other.example.com:8443")).toEqual([expect.stringContaining("other.example")]);
  expect(of("https://[::1]:3000")).toEqual([expect.stringContaining("::1")]);
  expect(of("https://console.example.com", 2)).toEqual([expect.stringContaining("expired")]);
  expect(of("https://console.example.com", -9)).toEqual([expect.stringContaining("it begins at")]);
});

describe("while it runs", () => {
  let shown: TlsPair;
  let changed: TlsPair[];
  let failed: string[];
  let stop: () => void;
  beforeEach(async () => {
    shown = await newPair();
    write(shown);
    changed = [];
    failed = [];
    stop = followTlsFiles(files, {
      shown,
      changed: (pair) => changed.push(pair),
      failed: (problem) => failed.push(problem),
      everyMs: 1,
    });
  });
  afterEach(() => stop());

  test("a pair that is written file by file is taken when both are there", async () => {
    const next = await newPair();
    write({ cert: next.cert.slice(0, 100) });
    await expect.poll(() => failed.at(-1)).toContain("no whole certificate");
    write({ cert: next.cert });
    await expect.poll(() => failed.at(-1)).toContain("not the key of the certificate");
    expect(changed).toEqual([]);
    write(next);
    await expect.poll(() => changed).toEqual([next]);
  });

  test("links that are switched are seen", async () => {
    const next = await newPair();
    for (const [name, pair] of [
      ["one", shown],
      ["two", next],
    ] as const) {
      writeFileSync(join(directory, `${name}.crt`), pair.cert);
      writeFileSync(join(directory, `${name}.key`), pair.key);
    }
    const point = (name: string) => {
      for (const end of ["crt", "key"]) {
        symlinkSync(join(directory, `${name}.${end}`), join(directory, `${name}.link`));
        renameSync(join(directory, `${name}.link`), join(directory, `tls.${end}`));
      }
    };
    point("one");
    point("two");
    await expect.poll(() => changed).toEqual([next]);
  });

  test("files that are gone for a while are told of once, and looked for", async () => {
    rmSync(files.cert);
    await expect.poll(() => failed).toEqual([expect.stringContaining("ENOENT")]);
    const next = await newPair();
    write(next);
    await expect.poll(() => changed).toEqual([next]);
  });
});
