import { craneRoot } from "./crane-registry.ts";
import { defaultKind, roots } from "./engine-kind.ts";
import { type EngineRoot, makeRoot } from "./engine-root.ts";
import { hostRoots } from "./host-root.ts";
import { imageRoot } from "./image-ground.ts";

// `tsx make-engine.ts <kind>`: makes the file system that an engine of this kind runs in, or with
// `crane` that registry's, with `images` the one that images are made of, with `hosts` those that agents
// are installed on, if it is not there yet. Ends with 1 and says why where it cannot be made.
try {
  const [, , wanted] = process.argv;
  for (const root of rootsOf(wanted)) await makeRoot(root, (line) => console.log(line));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function rootsOf(wanted: string | undefined): EngineRoot[] {
  if (wanted === "crane") return [craneRoot];
  if (wanted === "images") return [imageRoot];
  if (wanted === "hosts") return Object.values(hostRoots);
  const root = roots[defaultKind(wanted).version];
  return root === null ? [] : [root];
}
