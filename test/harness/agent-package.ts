import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const packaging = fileURLToPath(new URL("../../agent/packaging/package.mjs", import.meta.url));
const platform = `linux-${process.arch}`;

/**
 * Packages the agent of the present source for this machine, calling itself `version`.
 * @param into a directory for packages
 * @returns the program
 */
export async function packageAgentAs(version: string, into: string): Promise<Buffer> {
  const script = `import { packageAgent } from ${JSON.stringify(packaging)};
    await packageAgent(${JSON.stringify({ only: [platform], version, into })});`;
  await run(process.execPath, ["--input-type=module", "--eval", script]);
  return programIn(join(into, version));
}

/** Packages the agent of the present source for this machine as everybody does. @returns the program */
export async function packagedAgent(): Promise<Buffer> {
  await run(process.execPath, [
    join(root, "agent/packaging/main.mjs"),
    "--program",
    "agent",
    platform,
  ]);
  const { version } = JSON.parse(readFileSync(join(root, "agent/package.json"), "utf8"));
  return programIn(join(root, "dist/agent", version));
}

function programIn(directory: string): Buffer {
  const manifest = JSON.parse(readFileSync(join(directory, "manifest.json"), "utf8"));
  return gunzipSync(readFileSync(join(directory, manifest.platforms[platform].file)));
}

/** Puts any program in the place of the agent's package of this version. @param sha256 default: the true one */
export function writePackage(
  into: string,
  version: string,
  program: Buffer,
  sha256 = createHash("sha256").update(program).digest("hex"),
): void {
  const directory = join(into, version);
  mkdirSync(directory, { recursive: true });
  const packed = gzipSync(program, { level: 1 });
  const file = `${createHash("sha256").update(packed).digest("hex").slice(0, 12)}.gz`;
  const fileSha256 = createHash("sha256").update(packed).digest("hex");
  writeFileSync(join(directory, file), packed);
  const packaged = { file, fileSha256, fileSize: packed.length, sha256, size: program.length };
  const manifest = { version, source: "", platforms: { [platform]: packaged } };
  writeFileSync(join(directory, "manifest.json"), JSON.stringify(manifest));
}
