// `npm run bench` and `bench:…` of package.json: prepares as the tests do, then runs one benchmark.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { prepare } from "../../control-plane/launch/prepare.mjs";
import { installDebianPackages, requireRoot } from "../debian-packages.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [name, ...options] = process.argv.slice(2);
// Ctrl-C reaches the benchmark too; what it started is cleaned up afterwards.
process.on("SIGINT", () => undefined);
try {
  requireRoot();
  installDebianPackages(console.log);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
await prepare();
const tsx = (...args) =>
  spawnSync(`${root}node_modules/.bin/tsx`, args, { cwd: root, stdio: "inherit" }).status;
process.exitCode = tsx(`test/bench/${name}.ts`, ...options) ?? 1;
tsx("test/harness/reap.ts");
