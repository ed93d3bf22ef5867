import { craneRoot } from "./crane-registry.ts";
import { defaultKind, roots } from "./engine-kind.ts";
import { type EngineRoot, makeRoot } from "./engine-root.ts";
import { imageRoot } from "./image-ground.ts";

// `tsx make-engine.ts <kind>`: makes the file system that an engine of this kind runs in, or with
// `crane` that registry's, with `images` the one that images are made of, if it is not there yet. Ends
// with 1 and says why where it cannot be made.
const others: Record<string, EngineRoot> = { crane: craneRoot, images: imageRoot };
try {
  const [, , wanted = ""] = process.argv;
  const root = others[wanted] ?? roots[defaultKind(wanted).version];
  if (root !== null) await makeRoot(root, (line) => console.log(line));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
