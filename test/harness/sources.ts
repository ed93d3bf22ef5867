import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const made = new Set(["node_modules", "dist", ".git", ".bridgeport", "data", "output"]);

/**
 * Copies the sources into a new folder, with the packages that are installed here, and nothing built.
 * @returns a `PATH` for what runs there: with it no package can be installed or removed, which would be
 *   done to those of this checkout
 */
export function copySources(folder: string): string {
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
  const programs = join(folder, "test/output/bin");
  mkdirSync(programs, { recursive: true });
  for (const name of ["pnpm", "npx", "npm"]) {
    const script = `#!/bin/sh\n[ "$1" = --version ] && echo 10.0.0 && exit\necho "not in a copy" >&2\nexit 1\n`;
    writeFileSync(join(programs, name), script, { mode: 0o755 });
  }
  return `${programs}:${process.env.PATH}`;
}
