import { defaultKind, roots } from "./engine-kind.ts";
import { makeRoot } from "./engine-root.ts";

// `tsx make-engine.ts <kind>`: makes the file system that an engine of this kind runs in, if it is
// not there yet. Ends with 1 and says why where it cannot be made.
try {
  const root = roots[defaultKind(process.argv[2]).version];
  if (root !== null) await makeRoot(root, (line) => console.log(line));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
