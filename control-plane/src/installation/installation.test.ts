import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { errorAnswer } from "../http/errors.ts";
import { commandLineRoutes } from "./command-line.routes.ts";
import { installationRoutes } from "./installation.routes.ts";
import { readPackage } from "./read-package.ts";

const program = Buffer.from("#!/bin/sh\necho the agent\n".repeat(100));
const packed = gzipSync(program);
const hash = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
const url = "https://cp.example";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "installation-"));
  mkdirSync(join(folder, "1.2.3"));
  writeFileSync(join(folder, "1.2.3/x64.gz"), packed);
  const x64 = {
    file: "x64.gz",
    fileSha256: hash(packed),
    fileSize: packed.length,
    sha256: hash(program),
    size: program.length,
  };
  const manifest = { version: "1.2.3", source: "", platforms: { "linux-x64": x64 } };
  writeFileSync(join(folder, "1.2.3/manifest.json"), JSON.stringify(manifest));
});
afterAll(() => rmSync(folder, { recursive: true }));

function app(version = "1.2.3", agentPackage = () => readPackage(folder, version)) {
  const routes = installationRoutes({
    publicUrl: url,
    version,
    agentPackage,
    installScript: fileURLToPath(new URL("../../install/install.sh", import.meta.url)),
    sign: async (text) => `signed ${text.length}`,
  });
  routes.onError((error, c) => errorAnswer(error, c, {} as never));
  return routes;
}
const ask = (path: string, init?: RequestInit) => app().request(path, init);

test("the program comes as it is or compressed, with the hash of what comes", async () => {
  const plain = await ask("/agent/download/1.2.3/linux-x64");
  const body = Buffer.from(await plain.arrayBuffer());
  expect(body.equals(program)).toBe(true);
  expect(plain.headers.get("x-checksum-sha256")).toBe(hash(body));
  expect(plain.headers.get("content-length")).toBe(String(body.length));
  const compressed = await ask("/agent/download/1.2.3/linux-x64.gz");
  expect(hash(Buffer.from(await compressed.arrayBuffer()))).toBe(
    compressed.headers.get("x-checksum-sha256"),
  );
  expect(compressed.headers.get("cache-control")).toBe("public, no-cache");
  const known = { headers: { "if-none-match": compressed.headers.get("etag") ?? "" } };
  expect((await ask("/agent/download/1.2.3/linux-x64.gz", known)).status).toBe(304);
});

test("few programs are unpacked at once, as long as their readers are there", async () => {
  const routes = app();
  const path = "/agent/download/1.2.3/linux-x64";
  const readers = await Promise.all([1, 2, 3, 4].map(async () => routes.request(path)));
  const refused = await routes.request(path);
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ code: "download_busy" });
  expect((await routes.request(`${path}.gz`)).status).toBe(200);
  for (const reader of readers) await reader.body?.cancel();
  await vi.waitFor(async () => expect((await routes.request(path)).status).toBe(200));
});

test("a download that broke off goes on where it was", async () => {
  const path = "/agent/download/1.2.3/linux-x64.gz";
  const rest = await ask(path, { headers: { range: "bytes=10-" } });
  expect(rest.status).toBe(206);
  expect(rest.headers.get("content-range")).toBe(`bytes 10-${packed.length - 1}/${packed.length}`);
  expect(Buffer.from(await rest.arrayBuffer()).equals(packed.subarray(10))).toBe(true);
  const beyond = await ask(path, { headers: { range: `bytes=${packed.length}-` } });
  expect(beyond.status).toBe(416);
  const other = { range: "bytes=10-", "if-range": '"another"' };
  expect((await ask(path, { headers: other })).status).toBe(200);
  const head = await ask(path, { method: "HEAD" });
  expect(head.headers.get("content-length")).toBe(String(packed.length));
  expect(await head.text()).toBe("");
});

test("the command line comes with lines that check its hash", async () => {
  const routes = (version: string) => {
    const made = commandLineRoutes({
      publicUrl: url,
      version,
      commandLinePackage: () => readPackage(folder, version, "command line"),
    });
    made.onError((error, c) => errorAnswer(error, c, {} as never));
    return made;
  };
  const about = (await (await routes("1.2.3").request("/cli/package")).json()) as {
    programs: { install: string[] }[];
  };
  expect(about).toEqual({
    ...{ state: "ready", message: null, version: "1.2.3" },
    programs: [
      {
        ...{ platform: "linux-x64", sha256: hash(program), size: program.length },
        downloadSize: packed.length,
        install: [
          `curl -fsSL ${url}/api/cli/download/1.2.3/linux-x64.gz | gunzip > bridgeport`,
          `echo "${hash(program)}  bridgeport" | sha256sum -c && $(command -v sudo) install -m 755 bridgeport /usr/local/bin/`,
        ],
      },
    ],
  });
  const plain = await routes("1.2.3").request("/cli/download/1.2.3/x86_64");
  expect(plain.headers.get("x-checksum-sha256")).toBe(hash(program));
  expect(Buffer.from(await plain.arrayBuffer()).equals(program)).toBe(true);
  const packedOne = await routes("1.2.3").request("/cli/download/1.2.3/linux-x64.gz");
  expect(packedOne.headers.get("x-checksum-sha256")).toBe(hash(packed));
  for (const [path, status] of [
    ["/cli/download/9.9.9/linux-x64", 404],
    ["/cli/download/1.2.3/constructor", 404],
  ] as const) {
    expect((await routes("1.2.3").request(path)).status).toBe(status);
  }
  const none = await routes("2.0.0").request("/cli/download/2.0.0/linux-x64");
  expect(none.status).toBe(503);
  expect(await none.json()).toMatchObject({
    code: "command_line_unavailable",
    error: expect.stringContaining("The command line 2.0.0 is not packaged"),
  });
});

test("what is installed is named by checksums, which a line pins and the authority signs", async () => {
  const checksums = await (await ask("/agent/download/1.2.3/checksums")).text();
  expect(checksums).toBe(`bridgeport-agent 1.2.3\n${hash(program)}  linux-x64\n`);
  expect(await (await ask("/agent/package")).json()).toEqual({
    state: "ready",
    message: null,
    version: "1.2.3",
    platforms: ["linux-x64"],
    images: [],
    checksums,
    checksumsSha256: hash(checksums),
    signature: `signed ${checksums.length}`,
  });
});

test("the script knows where it came from and which version it installs", async () => {
  const script = await (await ask("/agent/install.sh")).text();
  expect(script).toContain(`\ndefault_url=${url}\n`);
  expect(script).toContain("\nversion=1.2.3\n");
  expect(script).toMatch(/^#!\/bin\/sh\n/);
  expect(script.trim().split("\n").at(-1)).toBe('main "$@"');
});

test.each([
  ["/agent/download/1.2.3/linux-mips", "There is no agent for linux-mips: there are linux-x64."],
  ["/agent/download/9.9.9/linux-x64", "There is no agent 9.9.9 here"],
  ["/agent/download/1.2.3/..%2Fmanifest.json", "There is no agent for ../manifest.json"],
  ["/agent/download/1.2.3/constructor", "There is no agent for constructor"],
])("%s is a 404 that says what there is", async (path, sentence) => {
  const answer = await ask(path);
  expect(answer.status).toBe(404);
  expect(((await answer.json()) as { error: string }).error).toContain(sentence);
});

test("without a base there is no image, which is said", async () => {
  const answer = await ask("/agent/image.tar");
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: "agent_image_unavailable" });
});

test("an image of another platform is none, and it is said how to have one", async () => {
  const path = join(folder, "1.2.3/x64.gz");
  const file = { path, fileSha256: "", fileSize: packed.length, sha256: "", size: 1 };
  const agent = {
    version: "1.2.3",
    platforms: { "linux-x64": file, "linux-arm64": file },
    images: { "linux-arm64": file },
  };
  const routes = app("1.2.3", () => ({ state: "ready", program: agent }));
  expect((await routes.request("/agent/image.tar?platform=aarch64")).status).toBe(200);
  const answer = await routes.request("/agent/image.tar?platform=x86_64");
  expect(answer.status).toBe(503);
  const { error } = (await answer.json()) as { error: string };
  expect(error).toContain("for linux-x64 here, only for linux-arm64. install.sh works without it.");
  expect(error).toContain("npm run package:images");
  expect((await routes.request("/agent/image.tar?platform=mips")).status).toBe(404);
});

test("while it is not packaged everything says what is happening and what to do", async () => {
  const note = join(folder, "packaging.json");
  const look = async () => {
    const answer = await app("2.0.0").request("/agent/download/2.0.0/linux-x64");
    expect(answer.status).toBe(503);
    return (await answer.json()) as { error: string; code: string };
  };
  expect((await look()).error).toContain("run npm run package");
  writeFileSync(note, JSON.stringify({ pid: process.pid, error: null }));
  expect(await look()).toMatchObject({ code: "agent_preparing" });
  writeFileSync(note, JSON.stringify({ pid: 2 ** 22 + 1, error: null }));
  expect(await look()).toMatchObject({ code: "agent_unavailable" });
  writeFileSync(note, JSON.stringify({ pid: null, error: "npm is not reachable." }));
  expect((await look()).error).toContain("npm is not reachable.");
  expect((await app("2.0.0").request("/agent/install.sh")).status).toBe(503);
  writeFileSync(note, "{");
  expect(await (await app("2.0.0").request("/agent/package")).json()).toMatchObject({
    state: "unavailable",
    checksums: null,
  });
  expect(readFileSync(note, "utf8")).toBe("{");
});
