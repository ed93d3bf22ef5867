import { cpSync, existsSync, readdirSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const made = new Set(["node_modules", "dist", ".git", ".bridgeport", "data", "output"]);

/** Copies the sources into a new folder, with the packages that are installed here, and nothing built. */
export function copySources(folder: string): void {
  cpSync(root, folder, {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !made.has(basename(path)),
  });
  for (const member of [".", ...readdirSync(root)]) {
    const packages = join(root, member, "node_modules");
    if (member !== "node_modules" && existsSync(packages)) {
      symlinkSync(packages, join(folder, member, "node_modules"));
    }
  }
}
