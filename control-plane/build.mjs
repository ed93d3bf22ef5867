// Builds the control plane into dist/.
import { rmSync } from "node:fs";
import { build } from "esbuild";
import { bundle } from "./bundle.mjs";

rmSync(bundle.outdir, { recursive: true, force: true });
await build(bundle);
