// Packages the agent and the command line for every platform, into dist/agent/<version>/ and
// dist/cli/<version>/.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createGzip, gunzipSync } from "node:zlib";
import { baseFor, imageArchive } from "./image.mjs";
import { platforms, runtimeFor, runtimeVersion } from "./runtimes.mjs";
import { bundleOf, programs, writeSingleFile } from "./single-file.mjs";

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
 * @property {Record<string, Packaged>} images the same as archives for `docker load`
 */

/**
 * Makes what is not there yet, from the present source.
 * @param {{only?: readonly string[], version?: string, into?: string, images?: boolean, base?: string, say?: (line: string) => void}} [options]
 *   `only`: these platforms; `version`: what the agent says of itself, default package.json's; `into`:
 *   default dist/agent; `images`: images as well, on the libraries of the Debian in `base`, by default
 *   made from Debian's packages
 * @returns {Promise<string>} the directory
 * @throws {Error} one paragraph that says why it cannot be made
 */
export function packageAgent(options = {}) {
  return packageProgram(programs.agent, { what: "the agent", ...options });
}

/**
 * The same of the command line, which there is no image of.
 * @param {{only?: readonly string[], version?: string, into?: string, say?: (line: string) => void}} [options]
 *   `into`: default dist/cli
 */
export function packageCli(options = {}) {
  return packageProgram(programs.cli, { what: "the command line", ...options });
}

async function packageProgram(
  program,
  {
    what,
    only = platforms,
    version,
    into = join(root, "dist", program.folder),
    images = false,
    base,
    say = () => {},
  },
) {
  const script = await bundleOf(program, version);
  const manifestOfSource = join(root, program.folder, "package.json");
  const called = version ?? JSON.parse(readFileSync(manifestOfSource)).version;
  const source = createHash("sha256")
    .update(`${format} ${runtimeVersion}\n`)
    .update(script)
    .digest("hex");
  const directory = join(into, called);
  const manifestFile = join(directory, "manifest.json");
  const known = readManifest(manifestFile);
  const same = known?.source === source;
  const made = same ? known.platforms : {};
  const madeImages = (same && known.images) || {};
  const missing = only.filter((name) => !isWhole(directory, made[name]));
  const missingImages = images ? only.filter((name) => !isWhole(directory, madeImages[name])) : [];
  if (missing.length + missingImages.length === 0) return directory;

  mkdirSync(directory, { recursive: true });
  const cache = join(root, ".bridgeport/runtimes");
  const place = { directory, source };
  for (const platform of missing) {
    say(`Packaging ${what} for ${platform} ...`);
    const runtime = await runtimeFor(platform, cache);
    const ownRuntime = await runtimeFor(ownPlatform, cache);
    made[platform] = await packageFor(platform, {
      script,
      runtime,
      ownRuntime,
      ...program,
      ...place,
    });
  }
  for (const platform of missingImages) {
    say(`Making the agent's image for ${platform} ...`);
    const packed = gunzipSync(await readFile(join(directory, made[platform].file)));
    const libraries = base ?? (await baseFor(platform, cache));
    const parts = { platform, version: called, program: packed, base: libraries };
    const content = await imageArchive(parts);
    madeImages[platform] = await compressed(`bridgeport-agent-image-${platform}`, content, place);
  }
  const manifest = {
    version: called,
    source,
    platforms: sorted(made),
    images: sorted(madeImages),
  };
  const unfinished = `${manifestFile}.${process.pid}`;
  await writeFile(unfinished, `${JSON.stringify(manifest, null, 2)}\n`);
  // From here on it counts: what it names is there.
  await rename(unfinished, manifestFile);
  const files = [...Object.values(made), ...Object.values(madeImages)].map(({ file }) => file);
  const kept = new Set(["manifest.json", ...files]);
  for (const name of await readdir(directory)) {
    if (!kept.has(name)) await rm(join(directory, name), { force: true });
  }
  return directory;
}

async function packageFor(
  platform,
  { name, script, flags, runtime, ownRuntime, directory, source },
) {
  const output = join(directory, `${platform}.program`);
  await writeSingleFile({ script, flags, runtime, ownRuntime, output });
  const content = await readFile(output);
  await rm(output);
  return compressed(`${name}-${platform}`, content, { directory, source });
}

/** Writes a compressed file that has what it was made of in its name. */
async function compressed(name, content, { directory, source }) {
  const file = `${name}-${source.slice(0, 12)}.gz`;
  const unfinished = join(directory, `${file}.unfinished`);
  await pipeline([content], createGzip(), createWriteStream(unfinished));
  const packaged = {
    file,
    fileSha256: await hashOf(unfinished),
    fileSize: (await stat(unfinished)).size,
    sha256: createHash("sha256").update(content).digest("hex"),
    size: content.length,
  };
  await rename(unfinished, join(directory, file));
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
