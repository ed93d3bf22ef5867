import { spawn } from "node:child_process";
import { createHash, webcrypto } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import "reflect-metadata";
import { X509CertificateGenerator } from "@peculiar/x509";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkOrder } from "./check-order.ts";
import { endOrphans, trialEnvironment } from "./orphans.ts";
import { removeOtherPrograms, storeProgram } from "./program.ts";
import { prove } from "./prove.ts";
import { changeRecord, noRecord, readRecord } from "./record.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
let directory: string;
let authority: { pem: string; sign(text: string): Promise<string> };
let stranger: typeof authority;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "upgrade-"));
  authority = await newAuthority();
  stranger = await newAuthority();
});
afterAll(() => rm(directory, { recursive: true }));

async function newAuthority() {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: "CN=Test",
    keys: keys as never,
    signingAlgorithm: algorithm,
  });
  return {
    pem: certificate.toString("pem"),
    async sign(text: string) {
      const signature = await webcrypto.subtle.sign(algorithm, keys.privateKey, Buffer.from(text));
      return Buffer.from(signature).toString("base64");
    },
  };
}

const hash = "ab".repeat(32);
const checksums = `bridgeport-agent 1.1.0\n${hash}  linux-x64\n`;
const host = () => ({ version: "1.0.0", platform: "linux-x64", authorities: [authority.pem] });

describe("an order", () => {
  test("counts if a trusted authority has signed it", async () => {
    const order = { attempt: "a", version: "1.1.0", checksums };
    const signed = { ...order, signature: await authority.sign(checksums) };
    expect(checkOrder(signed, host())).toEqual({ ok: true, sha256: hash });
    const authorities = [stranger.pem, authority.pem];
    expect(checkOrder(signed, { ...host(), authorities })).toMatchObject({ ok: true });
  });

  test.each([
    ["signed by another", "1.1.0", checksums, {}, "not signed by its control plane's authority"],
    ["of another version than signed", "1.2.0", checksums, {}, "another version than the ordered"],
    ["not newer", "1.1.0", checksums, { version: "1.1.0" }, "is not newer than 1.1.0"],
    ["older", "1.1.0", checksums, { version: "2.0.0" }, "is not newer than 2.0.0"],
    ["of other platforms", "1.1.0", checksums, { platform: "linux-arm64" }, "for linux-arm64"],
  ])("%s is refused", async (what, version, text, more, sentence) => {
    const signer = what === "signed by another" ? stranger : authority;
    const order = { attempt: "a", version, checksums: text, signature: await signer.sign(text) };
    const checked = checkOrder(order, { ...host(), ...more });
    expect(checked).toEqual({ ok: false, error: expect.stringContaining(sentence) });
  });
});

describe("a program", () => {
  const script = (text: string) => Buffer.from(`#!/bin/sh\n${text}\n`);
  async function store(content: Buffer, more: { version?: string; sha256?: string } = {}) {
    const sha256 = createHash("sha256").update(content).digest("hex");
    async function* parts() {
      const packed = gzipSync(content);
      yield packed.subarray(0, 10);
      yield packed.subarray(10);
    }
    return storeProgram(directory, { version: "1.1.0", sha256, ...more }, parts());
  }
  const stored = () => readdir(join(directory, "upgrade"));

  test("is stored if it is the right one and starts", async () => {
    const file = await store(script("echo 1.1.0"));
    expect(await stored()).toEqual([file.split("/").at(-1)]);
    await removeOtherPrograms(directory, [file]);
    expect(await stored()).toHaveLength(1);
    await removeOtherPrograms(directory, [undefined]);
    expect(await stored()).toEqual([]);
  });

  test.each([
    ["of another hash", script("echo 1.1.0"), { sha256: hash }, "its hash is another one"],
    [
      "that does not start",
      script("echo broken >&2; exit 1"),
      {},
      "does not start on this host: broken",
    ],
    ["that is another version", script("echo 1.0.0"), {}, "downloaded as 1.1.0 calls itself 1.0.0"],
  ])("%s is refused, and nothing of it is kept", async (_, content, more, sentence) => {
    await expect(store(content, more)).rejects.toThrow(sentence);
    expect(await stored()).toEqual([]);
  });

  test("of which a part is missing is refused, as one that may come whole the next time", async () => {
    async function* half() {
      yield gzipSync(script("echo 1.1.0")).subarray(0, 20);
    }
    const storing = storeProgram(directory, { version: "1.1.0", sha256: hash }, half());
    await expect(storing).rejects.toMatchObject({ passes: true });
    expect(await stored()).toEqual([]);
  });
});

describe("a proof", () => {
  async function proof(script: string, proofMs?: number) {
    const file = join(directory, "program");
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
    const trial = { attempt: "a", from: "1.0.0", to: "1.1.0", file, starts: 1 };
    return prove(directory, trial, [], new AbortController().signal, proofMs);
  }

  test("fails where the program ends", async () => {
    expect(await proof("exit 3")).toEqual({
      kind: "failed",
      error: "The version 1.1.0 ended before it had connected (exit code 3).",
    });
  });

  test("fails where the program does nothing", async () => {
    expect(await proof("exec sleep 3600", 0)).toEqual({
      kind: "failed",
      error: "The version 1.1.0 did not connect within a minute: it does not answer",
    });
  });

  test("is left to the next process where this one is to stop", async () => {
    const file = join(directory, "program");
    const trial = { attempt: "a", from: "1.0.0", to: "1.1.0", file, starts: 1 };
    await writeFile(file, "#!/bin/sh\nexec sleep 3600\n");
    expect(await prove(directory, trial, [], AbortSignal.abort())).toEqual({ kind: "stopped" });
  });
});

describe("a record", () => {
  const record = { ...noRecord, current: { version: "1.1.0", file: "/f" } };

  test("that is missing or damaged says nothing", async () => {
    expect(await readRecord(directory)).toEqual(noRecord);
    await changeRecord(directory, () => record);
    expect(await readRecord(directory)).toEqual(record);
    await writeFile(join(directory, "upgrade.json"), "{");
    expect(await readRecord(directory)).toEqual(noRecord);
    await rm(join(directory, "upgrade.json"));
  });

  test("that cannot be read stops the start: the programs that it names stay", async () => {
    await mkdir(join(directory, "upgrade.json"));
    await expect(readRecord(directory)).rejects.toThrow("cannot be read (EISDIR)");
    await rm(join(directory, "upgrade.json"), { recursive: true });
  });

  test("keeps each of two changes that are made at once", async () => {
    const last = { attempt: "a", to: "1.1.0", error: null };
    await Promise.all([
      changeRecord(directory, (found) => ({ ...found, current: record.current })),
      changeRecord(directory, (found) => ({ ...found, last })),
    ]);
    expect(await readRecord(directory)).toEqual({ ...record, last });
  });
});

test("of a trial only those processes are ended whose watcher is gone", async () => {
  const attempt = "0193-orphan";
  const watched = `${process.pid}`;
  const start = (of: string) =>
    spawn("sleep", ["3600"], {
      env: { ...process.env, ...trialEnvironment(attempt), BRIDGEPORT_AGENT_TRIAL_OF: of },
    });
  const [orphan, other] = [start("1"), start(watched)];
  try {
    await Promise.all([orphan, other].map((child) => once(child, "spawn")));
    const gone = once(orphan, "exit");
    expect(await endOrphans("another")).toEqual([]);
    expect(await endOrphans(attempt)).toEqual([orphan.pid]);
    expect(await gone).toEqual([null, "SIGKILL"]);
    expect(other.exitCode).toBeNull();
  } finally {
    for (const child of [orphan, other]) child.kill("SIGKILL");
  }
});
