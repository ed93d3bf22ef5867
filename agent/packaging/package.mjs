// Packages the agent for every platform, into dist/agent/<version>/.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import { readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createGzip } from "node:zlib";
import { platforms, runtimeFor, runtimeVersion } from "./runtimes.mjs";
import { agentBundle, writeSingleFile } from "./single-file.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const ownPlatform = `${process.platform}-${process.arch}`;

/** Another number makes packages of before it be made again. */
const format = 1;

/**
 * @typedef {object} Packaged one platform's program
 * @property {string} file its name in the directory, compressed by gzip
 * @property {string} fileSha256 of that file, in hexadecimal
 * @property {number} fileSize in bytes
 * @property {string} sha256 of the program itself
 * @property {number} size of it, in bytes
 *
 * @typedef {object} Manifest what `manifest.json` of the directory says
 * @property {string} version
 * @property {string} source SHA-256 of what it was made of
 * @property {Record<string, Packaged>} platforms
 */

/**
 * Makes what is not there yet, from the present source.
 * @param {{only?: readonly string[], version?: string, into?: string, say?: (line: string) => void}} [options]
 *   `only`: these platforms; `version`: what the agent says of itself, default package.json's; `into`:
 *   default dist/agent
 * @returns {Promise<string>} the directory
 * @throws {Error} one paragraph that says why it cannot be made
 */
export async function packageAgent({
  only = platforms,
  version,
  into = join(root, "dist/agent"),
  say = () => {},
} = {}) {
  const script = await agentBundle(version);
  const called = version ?? JSON.parse(readFileSync(join(root, "agent/package.json"))).version;
  const source = createHash("sha256")
    .update(`${format} ${runtimeVersion}\n`)
    .update(script)
    .digest("hex");
  const directory = join(into, called);
  const manifestFile = join(directory, "manifest.json");
  const known = readManifest(manifestFile);
  const made = known?.source === source ? known.platforms : {};
  const missing = only.filter((name) => !isWhole(directory, made[name]));
  if (missing.length === 0) return directory;

  mkdirSync(directory, { recursive: true });
  const cache = join(root, ".bridgeport/runtimes");
  const ownRuntime = await runtimeFor(ownPlatform, cache);
  for (const platform of missing) {
    say(`Packaging the agent for ${platform} ...`);
    const runtime = await runtimeFor(platform, cache);
    made[platform] = await packageFor(platform, { script, runtime, ownRuntime, directory, source });
  }
  const manifest = { version: called, source, platforms: sorted(made) };
  const unfinished = `${manifestFile}.${process.pid}`;
  await writeFile(unfinished, `${JSON.stringify(manifest, null, 2)}\n`);
  // From here on it counts: what it names is there.
  await rename(unfinished, manifestFile);
  const kept = new Set(["manifest.json", ...Object.values(made).map(({ file }) => file)]);
  for (const name of await readdir(directory)) {
    if (!kept.has(name)) await rm(join(directory, name), { force: true });
  }
  return directory;
}

async function packageFor(platform, { script, runtime, ownRuntime, directory, source }) {
  const file = `bridgeport-agent-${platform}-${source.slice(0, 12)}.gz`;
  const program = join(directory, `${file}.program`);
  const unfinished = join(directory, `${file}.unfinished`);
  await writeSingleFile({ script, runtime, ownRuntime, output: program });
  await pipeline(createReadStream(program), createGzip(), createWriteStream(unfinished));
  const packaged = {
    file,
    fileSha256: await hashOf(unfinished),
    fileSize: (await stat(unfinished)).size,
    sha256: await hashOf(program),
    size: (await stat(program)).size,
  };
  await rename(unfinished, join(directory, file));
  await rm(program);
  return packaged;
}

function isWhole(directory, packaged) {
  return packaged !== undefined && existsSync(join(directory, packaged.file));
}

function readManifest(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

function sorted(record) {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function hashOf(path) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
