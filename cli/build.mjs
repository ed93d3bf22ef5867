// Builds the command line into one file, dist/bridgeport.cjs or the one that is named.
import { chmodSync } from "node:fs";
import { build } from "esbuild";
import { bundle } from "./bundle.mjs";

const outfile = process.argv[2] ?? bundle.outfile;
await build({ ...bundle, outfile });
chmodSync(outfile, 0o755);
