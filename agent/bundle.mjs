// What goes into the agent's one file, and how.
import { fileURLToPath } from "node:url";

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

/** @type {import("esbuild").BuildOptions} */
export const bundle = {
  entryPoints: [here("src/main.ts")],
  outfile: here("dist/agent.cjs"),
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
};
