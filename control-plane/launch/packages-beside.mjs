// Packages that stay beside a bundle: what Node looks up in node_modules when the bundle runs.
import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * The folders of packages, with those of everything that they need themselves.
 * @param {string} from folder of the package that needs them
 * @param {string[]} names `name`, or `@scope/*` for its optional dependencies of that scope
 * @param {(manifest: object) => Record<string, string>} [needs] what a package needs; default: its
 *   dependencies
 * @param {Map<string, string>} [found] by `name@version`
 * @returns {Map<string, string>}
 */
export function packagesBeside(
  from,
  names,
  needs = (manifest) => manifest.dependencies ?? {},
  found = new Map(),
) {
  for (const name of names) {
    for (const each of name.endsWith("/*") ? optional(from, name.slice(0, -1)) : [name]) {
      const place = placeOf(from, each);
      if (place === null) continue;
      const manifest = manifestIn(place);
      const key = `${manifest.name}@${manifest.version}`;
      if (found.has(key)) continue;
      found.set(key, place);
      packagesBeside(place, Object.keys(needs(manifest)), needs, found);
    }
  }
  return found;
}

export function manifestIn(place) {
  return JSON.parse(readFileSync(join(place, "package.json"), "utf8"));
}

function optional(from, prefix) {
  const { optionalDependencies } = manifestIn(from);
  return Object.keys(optionalDependencies ?? {}).filter((name) => name.startsWith(prefix));
}

/** Where Node would find a package. null: it is optional, and not for this platform. */
function placeOf(from, name) {
  for (const path of createRequire(join(from, "package.json")).resolve.paths(name) ?? []) {
    try {
      return realpathSync(join(path, name));
    } catch {
      // It is not in this folder.
    }
  }
  return null;
}
