import { posix } from "node:path";
import type { ContainerInspection } from "../inspection.ts";
import { type LayerChange, nanosecondsOf, type PathFacts } from "./layer.ts";

/**
 * Which files in a container's layer a person or Compose has put there, and which the container has
 * written itself. The engine says of neither where it comes from, but it shows when each was modified, and:
 *
 * - whatever comes through the archive API (`docker cp`, and Compose's inline `configs` and
 *   `secrets`) has a time of whole seconds, as that is what the engine's archives hold. What a process
 *   writes has a fraction of a second, if the file system keeps one;
 * - what is older than the container cannot have been written by its process. (When that was first started
 *   is of no use: the engine notes the start when the process has been running for a moment.)
 *
 * A process that unpacks an archive or copies with times makes such files too. Two signs tell of it:
 * the directory was made, or written to, by a process of the container after its start (`unsure`:
 * `docker exec mkdir` does that as well, so few of these are carried over and many are not), or the
 * package manager's database has changed (then what lies where only packages put files is its).
 *
 * Nothing here does I/O.
 */
export type Origin = "put-in" | "unsure" | "written";

type Layered = Pick<ContainerInspection, "Created" | "State" | "Config" | "HostConfig" | "Mounts">;

/** The engine makes these for every container. */
const enginesOwn = new Set([
  ...["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab"],
  ...["/.dockerenv", "/run/.containerenv", "/dev", "/proc", "/sys"],
]);
const packageDatabases = new Set([
  ...["/var/lib/dpkg/status", "/lib/apk/db/installed", "/usr/lib/apk/db/installed"],
  ...["/var/lib/rpm", "/usr/lib/sysimage/rpm", "/var/lib/pacman/local"],
]);
const packagesOnly =
  /^\/(s?bin|lib(32|64|x32)?|usr\/(?!local\/)[^/]+|var\/(lib\/(dpkg|apt|rpm|pacman)|cache|log))(\/|$)/;

export interface LayerFiles {
  /** added files, links and directories, in the order in which they are worth looking at */
  added: string[];
  addedDirectories: ReadonlySet<string>;
  /** added as well, by a package manager */
  installed: string[];
  /** of the image, with other content or attributes; directories are left out where it can be told */
  changed: string[];
  removed: string[];
}

/** What of a layer's changes is neither the engine's own nor a mount's. */
export function layerFiles(changes: readonly LayerChange[], container: Layered): LayerFiles {
  const mounts = new Set(mountPoints(container));
  // The engine makes these directories too, but not what is in them.
  const working = posix.resolve("/", container.Config.WorkingDir ?? "");
  const above = new Set([...[...mounts].flatMap(parentsOf), working, ...parentsOf(working)]);
  const own = changes.filter(
    ({ path }) => !isBelowAny(path, enginesOwn) && !isBelowAny(path, mounts) && !above.has(path),
  );
  const parents = new Set(changes.flatMap(({ path }) => parentsOf(path)));
  const added = own.filter(({ kind }) => kind === "added").map(({ path }) => path);
  const known = new Set(added);
  const addedDirectories = new Set(added.filter((path) => parents.has(path)));
  const isInstalled = changes.some(({ path }) => isBelowAny(path, packageDatabases));
  const siblings = new Map<string, number>();
  for (const path of added) {
    const parent = posix.dirname(path);
    siblings.set(parent, (siblings.get(parent) ?? 0) + 1);
  }
  // Caches are deep or have many files in one directory; what people put in is near the top.
  const worth = (path: string): number =>
    parentsOf(path).filter((parent) => known.has(parent)).length * 1_000_000 +
    (siblings.get(posix.dirname(path)) ?? 0);
  return {
    added: added
      .filter((path) => !(isInstalled && packagesOnly.test(path)))
      .map((path) => ({ path, order: worth(path) }))
      .sort((a, b) => a.order - b.order || (a.path < b.path ? -1 : 1))
      .map(({ path }) => path),
    addedDirectories,
    installed: isInstalled ? added.filter((path) => packagesOnly.test(path)) : [],
    changed: own.flatMap(({ path, kind }) =>
      kind === "changed" && !parents.has(path) ? [path] : [],
    ),
    removed: own.flatMap(({ path, kind }) => (kind === "removed" ? [path] : [])),
  };
}

/**
 * Where the files of a container may come from.
 *
 * @param looked everything that was looked at in it
 * @param fractions whether its file system keeps fractions of a second
 */
export function originsOf(
  looked: readonly PathFacts[],
  container: Layered,
  fractions: boolean,
): (path: PathFacts) => Origin {
  if (container.State.StartedAt.startsWith("0001-")) return () => "put-in";
  const created = nanosecondsOf(container.Created);
  const isOlder = ({ modifiedAt }: PathFacts): boolean =>
    fractions
      ? modifiedAt < created
      : // Compose rounds the time to the next second.
        modifiedAt / second <= created / second + 1n;
  const isBrought = (path: PathFacts): boolean =>
    isOlder(path) || (fractions && !hasFraction(path));
  const written = new Set(
    looked.flatMap((path) => (path.type === "directory" && !isBrought(path) ? [path.path] : [])),
  );
  return (path) => {
    if (path.type === "other" || !isBrought(path)) return "written";
    // So Compose's inline configs are, whose directories it makes as a process would.
    const age = path.modifiedAt - created;
    if (age > -second && age < 60n * second) return "put-in";
    return parentsOf(path.path).some((parent) => written.has(parent)) ? "unsure" : "put-in";
  };
}

const second = 1_000_000_000n;

/** Whether a path was modified at a fraction of a second: its file system keeps them. */
export function hasFraction({ modifiedAt }: PathFacts): boolean {
  return modifiedAt % second !== 0n;
}

function mountPoints({ Mounts: mounts, HostConfig: host }: Layered): string[] {
  const temporary = Object.keys((host.Tmpfs ?? {}) as Record<string, string>);
  const asked = (host.Mounts ?? []).map(({ Target: target }) => target);
  const made = (mounts ?? []).map(({ Destination: destination }) => destination);
  return [...temporary, ...asked, ...made].map((path) => posix.resolve("/", path));
}

function isBelowAny(path: string, tops: ReadonlySet<string>): boolean {
  return tops.has(path) || parentsOf(path).some((parent) => tops.has(parent));
}

/** `/a/b` and `/a` of `/a/b/c`. */
export function parentsOf(path: string): string[] {
  const parents: string[] = [];
  for (let at = posix.dirname(path); at !== "/" && at !== "."; at = posix.dirname(at)) {
    parents.push(at);
  }
  return parents;
}
