// Builds the agent into one file, dist/agent.cjs or the one that is named, started as
// `node --lite-mode dist/agent.cjs`.
import { build } from "esbuild";
import { bundle } from "./bundle.mjs";

await build({ ...bundle, outfile: process.argv[2] ?? bundle.outfile });
