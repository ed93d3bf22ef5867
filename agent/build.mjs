// Bundles the agent into one file, dist/agent.cjs or the one that is named, started as
// `node --lite-mode --no-expose-wasm dist/agent.cjs`.
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

// Left out: ways of reaching an engine, and of building images, that the agent does not have.
// With them the bundle would be several times as large, and need native modules beside it.
const absent =
  /^(ssh2|cpu-features|tar-fs|@balena\/dockerignore)$|docker-modem\/lib\/ssh|\.\/(session|buildkit)$/;

const leaveOut = {
  name: "leave-out",
  setup(bundle) {
    bundle.onResolve({ filter: absent }, ({ path, importer }) =>
      importer.includes("/dockerode/") || importer.includes("/docker-modem/")
        ? { path, namespace: "left-out" }
        : undefined,
    );
    bundle.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({
      contents: "module.exports = {};",
    }));
  },
};

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [here("src/main.ts")],
  outfile: process.argv[2] ?? here("dist/agent.cjs"),
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  minify: true,
  // Stack traces with names cost nothing here and are all that a bug report has.
  keepNames: true,
  legalComments: "none",
  logLevel: "warning",
  plugins: [leaveOut],
});
