// `npm run package:npm`: the client and the command line as packages for npm, into dist/npm/. The client is
// modules and types, which need openapi-fetch; the command line is one file that needs nothing.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundle } from "../cli/bundle.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const into = join(root, "dist/npm");
rmSync(into, { recursive: true, force: true });

const client = stage("client", ({ dependencies, publishConfig }) => ({
  exports: publishConfig.exports,
  dependencies,
}));
const compiler = join(root, "node_modules/typescript/bin/tsc");
const sources = join(root, "client/tsconfig.build.json");
const compile = [compiler, "-p", sources, "--outDir", join(client, "dist")];
execFileSync(process.execPath, compile, { stdio: "inherit" });
pack(client);

const cli = stage("cli", ({ bin }) => ({ bin }));
const program = join(cli, "dist/bridgeport.cjs");
await build({ ...bundle, outfile: program });
chmodSync(program, 0o755);
pack(cli);

/** A folder with what is published beside the program. @returns its path */
function stage(name, own) {
  const folder = join(into, name);
  mkdirSync(folder, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(root, name, "package.json"), "utf8"));
  const { version, type, license, description, engines, files } = manifest;
  const published = { version, type, license, description, engines, files, ...own(manifest) };
  const text = JSON.stringify({ name: manifest.name, ...published }, null, 2);
  writeFileSync(join(folder, "package.json"), `${text}\n`);
  for (const file of files.filter((one) => one !== "dist")) {
    cpSync(join(root, name, file), join(folder, file));
  }
  cpSync(join(root, name, "README.md"), join(folder, "README.md"));
  cpSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  return folder;
}

function pack(folder) {
  const made = execFileSync("npm", ["pack", "--silent", "--pack-destination", into], {
    cwd: folder,
    encoding: "utf8",
  });
  console.log(join(into, made.trim()));
}
