// Tells whether any of some files has changed since a stamp was written, without git.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const IGNORED = new Set(["node_modules", "dist", ".svelte-kit"]);

/**
 * The files named by `inputs` (files or folders below `root`; tests and what is not there are left
 * out), each with modification time and size.
 * @returns {Record<string, string>}
 */
export function look(root, inputs) {
  const seen = {};
  const visit = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return;
    if (!stat.isDirectory()) {
      if (!path.endsWith(".test.ts")) seen[relative(root, path)] = `${stat.mtimeMs} ${stat.size}`;
      return;
    }
    for (const name of readdirSync(path).sort()) if (!IGNORED.has(name)) visit(join(path, name));
  };
  for (const input of inputs) visit(join(root, input));
  return seen;
}

/**
 * True if the stamp was written for the same content and the same `extra`. Times and sizes are
 * compared first; where they differ (after a checkout, say), contents decide and the stamp learns
 * the new times.
 */
export function isFresh(root, stamp, seen, extra) {
  const known = readStamp(stamp);
  if (!known || known.extra !== extra) return false;
  const paths = Object.keys(seen);
  const same =
    paths.length === Object.keys(known.seen).length &&
    paths.every((path) => known.seen[path] === seen[path]);
  if (same) return true;
  if (known.hash !== hashOf(root, seen)) return false;
  try {
    writeStamp(root, stamp, seen, extra);
  } catch {
    // Of a checkout that may only be read the contents are compared each time.
  }
  return true;
}

/** Records that what `seen` names has been dealt with. */
export function writeStamp(root, stamp, seen, extra) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, JSON.stringify({ hash: hashOf(root, seen), extra, seen }));
}

function readStamp(stamp) {
  try {
    return JSON.parse(readFileSync(stamp, "utf8"));
  } catch {
    return undefined;
  }
}

function hashOf(root, seen) {
  const hash = createHash("sha256");
  for (const path of Object.keys(seen)) {
    const file = join(root, path);
    hash
      .update(`${path}\0`)
      .update(existsSync(file) ? readFileSync(file) : "")
      .update("\0");
  }
  return hash.digest("hex");
}
