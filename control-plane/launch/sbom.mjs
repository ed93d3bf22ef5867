// `npm run sbom`: which packages are shipped, as CycloneDX in dist/sbom/, a file each for control
// plane, agent, command line and console. It lists what a build really takes in, with licences and the hashes of
// the lock file. The same checkout gives the same bytes. Options: names of parts, only those
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Contrib, Enums, Models, Serialize, Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { build } from "esbuild";
import { PackageURL } from "packageurl-js";
import { parse } from "yaml";
import { bundle as agentBundle } from "../../agent/bundle.mjs";
import { runtimePackages } from "../../agent/packaging/runtimes.mjs";
import { bundle as cliBundle } from "../../cli/bundle.mjs";
import { bundle as controlPlaneBundle } from "../bundle.mjs";
import { manifestIn, packagesBeside } from "./packages-beside.mjs";

const root = realpathSync(fileURLToPath(new URL("../..", import.meta.url)));
const { Builders, Factories } = Contrib.FromNodePackageJson;
const builder = new Builders.ComponentBuilder(
  new Factories.ExternalReferenceFactory(),
  new Contrib.License.Factories.LicenseFactory(),
);
const { packages: locked } = parse(readFileSync(join(root, "pnpm-lock.yaml"), "utf8"));

const parts = {
  "control-plane": async () =>
    new Map([
      ...packagesOf(await bundled(controlPlaneBundle)),
      ...beside(join(root, "control-plane"), controlPlaneBundle.external),
    ]),
  agent: async () => withRuntimes(packagesOf(await bundled(agentBundle))),
  cli: async () => withRuntimes(packagesOf(await bundled(cliBundle))),
  console: async () => packagesOf(await bundledConsole()),
};

/** With the Node.js inside the one file. */
function withRuntimes(packages) {
  const runtimes = runtimePackages.map((each) => [`${each.name}@${each.version}`, each]);
  return new Map([...packages, ...runtimes]);
}

const folder = join(root, "dist/sbom");
mkdirSync(folder, { recursive: true });
const asked = process.argv.slice(2);
for (const [part, look] of Object.entries(parts)) {
  if (asked.length > 0 && !asked.includes(part)) continue;
  const packages = await look();
  const file = join(folder, `bridgeport-${part}.cdx.json`);
  writeFileSync(file, await written(part, [...packages.values()]));
  console.log(`dist/sbom/bridgeport-${part}.cdx.json: ${packages.size} packages`);
}

/** The files of node_modules that a bundle is made of, by their paths. */
async function bundled(options) {
  const { metafile } = await build({
    ...options,
    write: false,
    metafile: true,
    absWorkingDir: root,
  });
  return Object.keys(metafile.inputs).map((path) => join(root, path));
}

async function bundledConsole() {
  const web = join(root, "web");
  const manifest = createRequire(join(web, "package.json")).resolve("vite/package.json");
  const vite = await import(join(dirname(manifest), "dist/node/index.js"));
  const built = await vite.build({ root: web, logLevel: "warn", build: { write: false } });
  return built.output.flatMap((chunk) => Object.keys(chunk.modules ?? {}));
}

/** The packages that files belong to, by name and version; our own and generated files are none. */
function packagesOf(files) {
  const found = new Map();
  for (const file of files) {
    const inside = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
    if (inside !== undefined) take(found, inside);
  }
  return found;
}

/** Packages that stay beside a bundle, by name and version. */
function beside(from, names) {
  return new Map([...packagesBeside(from, names)].map(([key, place]) => [key, manifestIn(place)]));
}

/** @returns whether it was not there yet */
function take(found, place) {
  const manifest = manifestIn(place);
  const key = `${manifest.name}@${manifest.version}`;
  if (manifest.version === undefined || found.has(key)) return false;
  found.set(key, manifest);
  return true;
}

async function written(part, packages) {
  const { version } = manifestIn(root);
  const bom = new Models.Bom();
  const name = `bridgeport-${part}`;
  bom.metadata.component = new Models.Component(Enums.ComponentType.Application, name, {
    version,
    bomRef: `${name}@${version}`,
  });
  for (const manifest of packages) {
    const component = builder.makeComponent(manifest);
    if (component === undefined) throw new Error(`${manifest.name} is not a package`);
    component.purl = purlOf(manifest);
    component.bomRef.value = component.purl;
    const integrity =
      manifest.integrity ?? locked[`${manifest.name}@${manifest.version}`]?.resolution?.integrity;
    if (integrity === undefined) throw new Error(`${component.purl} is not in the lock file`);
    const hash = Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex");
    component.hashes.set(Enums.HashAlgorithm["SHA-512"], hash);
    bom.components.add(component);
    bom.metadata.component.dependencies.add(component.bomRef);
  }
  const text = new Serialize.JsonSerializer(
    new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6),
  ).serialize(bom, { sortLists: true, space: 2 });
  const wrong = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
  if (wrong !== null) throw new Error(`${part}: ${JSON.stringify(wrong)}`);
  return `${text}\n`;
}

function purlOf({ name, version }) {
  const [last, scope] = name.split("/").reverse();
  return new PackageURL("npm", scope, last, version, undefined, undefined).toString();
}
