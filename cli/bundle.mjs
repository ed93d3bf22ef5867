// What goes into the command line's one file, and how.
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @type {import("esbuild").BuildOptions} */
export const bundle = {
  entryPoints: [here("src/main.ts")],
  outfile: here("dist/bridgeport.cjs"),
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  banner: { js: "#!/usr/bin/env node" },
  minify: true,
  // Stack traces with names cost nothing here and are all that a bug report has.
  keepNames: true,
  legalComments: "none",
  logLevel: "warning",
  // Native parts that `ws` uses where they are there.
  external: ["bufferutil", "utf-8-validate"],
};
