// `npm run package:images [-- --base IMAGE] [-- --name NAME] [docker build's own options]`: builds the
// images of this version with the docker command line. `--platform linux/amd64,linux/arm64` needs a
// builder that can keep both, such as buildx with `--push`.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** Every image, by its name and its stage of the Dockerfile, null: the last. */
const images = [
  { name: "bridgeport", stage: null },
  { name: "bridgeport-agent", stage: "agent" },
];

const { values, tokens } = parseArgs({
  options: { base: { type: "string" }, name: { type: "string" } },
  strict: false,
  tokens: true,
});
const own = new Set(["base", "name"]);
const others = tokens
  .filter((token) => token.kind === "positional" || !own.has(token.name))
  .map((token) => (token.kind === "positional" ? token.value : optionOf(token)));

// Who names a stage wants that.
for (const { name, stage } of values.target === undefined ? images : images.slice(0, 1)) {
  const path = [values.name, name].filter(Boolean).join("/");
  const args = [
    ...["build", "--tag", `${path}:${version}`, "--tag", `${path}:latest`],
    ...(stage === null ? [] : ["--target", stage]),
    ...["--label", `org.opencontainers.image.version=${version}`],
    ...(values.base ? ["--build-arg", `BASE_IMAGE=${values.base}`] : []),
    ...others,
    ".",
  ];
  const { status, error } = spawnSync("docker", args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, DOCKER_BUILDKIT: "1" },
  });
  if (error) console.error(`docker could not be run (${error.message}): install it, with buildx.`);
  if (status !== 0) process.exit(status ?? 1);
}

function optionOf({ rawName, value, inlineValue }) {
  return inlineValue ? `${rawName}=${value}` : rawName;
}
