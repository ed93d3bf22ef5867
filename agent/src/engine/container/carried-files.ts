import { posix } from "node:path";
import { type ConfigChange, serviceName } from "@bridgeport/proto";
import { CommandFailure } from "../../command.ts";
import { within } from "../../within.ts";
import { type Engine, engineErrorKind, Memory } from "../client.ts";
import { failureOf } from "../failure.ts";
import type { ContainerInspection } from "../inspection.ts";
import { isPodmans } from "../podman.ts";
import type { CarriedFiles } from "./archive.ts";
import { factsOf, type LayerChanges, layerChanges, type PathFacts } from "./layer.ts";
import { hasFraction, type LayerFiles, layerFiles, originsOf, parentsOf } from "./own-files.ts";
import { losesWithPodman, madeByPodman } from "./podman-config.ts";

/** What becomes of the files that a container has beside its image and its volumes. */
export interface FilesOfLayer {
  /** null: there are none to carry over */
  files: CarriedFiles | null;
  /** for the result: each file that is carried over, and what is not */
  changes: ConfigChange[];
}

/** More than that is data, and belongs into a volume. */
export const carriedFilesLimit = 256;
export const carriedBytesLimit = 16 * 1024 * 1024;
/** A label of a container whose files may all stay behind, as it makes them itself at each start. */
export const leaveFilesLabel = "bridgeport.files";

/** Each look is a request. Of more files than that the deepest in the largest directories are not looked at. */
const looksAtMost = 2_000;
const looksAtOnce = 8;
const listLimitMs = 60_000;
const namedAtMost = 20;
const none: FilesOfLayer = { files: null, changes: [] };

/** All layers of an engine are in one file system, and what it keeps does not change. */
const fileSystem = new Memory(() => ({ keepsFractions: false }));

/**
 * Finds the files that a person or Compose has put into a container (see own-files.ts), to be copied into its
 * successor by `createContainer`. Changes nothing. Throws a `CommandFailure`: `refused` where they are
 * too many or too large, and `engine_error` where the engine cannot tell.
 */
export async function filesToCarry(
  engine: Engine,
  container: ContainerInspection,
): Promise<FilesOfLayer> {
  const name = serviceName(container.Name.slice(1));
  // The engine lets nothing be put there.
  if (container.HostConfig.ReadonlyRootfs === true) return none;
  if (container.Config.Labels?.[leaveFilesLabel] === "leave") return none;
  const { changes, cutOff } = await listed(engine, container.Id, name);
  const layer = layerFiles(changes, container);
  const looked = await look(engine, container, layer);
  const originOf = originsOf(looked.all, container, engine.recall(fileSystem).keepsFractions);
  const directories = new Set([
    ...layer.addedDirectories,
    ...looked.all.flatMap(({ path, type }) => (type === "directory" ? [path] : [])),
  ]);
  const candidates = looked.added.filter(isWorthCarrying);
  const sure = candidates.filter((path) => originOf(path) === "put-in");
  const loses = isPodmans(container) ? losesWithPodman : () => false;
  const unsure = candidates.filter((path) => originOf(path) === "unsure" && !loses(path));
  if (!fits(sure)) throw tooMuch(name, sure);
  const parents = new Set(sure.flatMap(({ path }) => parentsOf(path)));
  const lost = [...sure, ...looked.added.filter(({ path }) => parents.has(path))].filter(loses);
  if (lost.length > 0) throw notTheSame(name, lost);
  const carried = fits([...sure, ...unsure]) ? [...sure, ...unsure] : sure;
  const kept = new Set(carried.map(({ path }) => path));
  const left = layer.added.filter((path) => !kept.has(path) && !directories.has(path));
  const changed = layer.changed.filter((path) => !directories.has(path));
  const putIn = looked.changed.filter(
    (facts) => facts.type !== "directory" && originOf(facts) !== "written",
  );
  return {
    files: filesOf(container.Id, [...kept], layer),
    changes: [
      ...[...kept].sort().map((path) => keptChange(path)),
      ...leftBehind("that the container seems to have written itself", left, cutOff),
      ...leftBehind("of software that was installed in the container", layer.installed, cutOff),
      ...imagesFiles({ ...layer, changed }, putIn),
    ],
  };

  /** A directory comes along with what is in it, or alone where it was put in empty. */
  function isWorthCarrying({ path, type, modifiedAt }: PathFacts): boolean {
    if (type !== "directory") return true;
    return !layer.addedDirectories.has(path) && modifiedAt % 1_000_000_000n === 0n;
  }
}

async function listed(engine: Engine, id: string, name: string): Promise<LayerChanges> {
  const what = `The engine does not tell which files the container ${name} has beside its image`;
  const limit = new AbortController();
  try {
    const changes = await within(listLimitMs, layerChanges(engine, id, limit.signal));
    if (changes !== "late") return changes;
  } catch (error) {
    throw failureOf(engine, error, "engine_error", what);
  }
  limit.abort();
  throw new CommandFailure("engine_error", `${what}: it gave no answer within a minute.`);
}

interface Looked {
  added: PathFacts[];
  changed: PathFacts[];
  all: PathFacts[];
}

/** The engine's own file is looked at, too, until it is known whether fractions of a second are kept. */
async function look(
  engine: Engine,
  container: ContainerInspection,
  layer: LayerFiles,
): Promise<Looked> {
  if (layer.added.length + layer.changed.length === 0) return { added: [], changed: [], all: [] };
  const added = layer.added.slice(0, looksAtMost);
  const changed = layer.changed.slice(0, looksAtMost / 10);
  const known = engine.recall(fileSystem);
  const made = isPodmans(container) ? madeByPodman : "/.dockerenv";
  const paths = [...(known.keepsFractions ? [] : [made]), ...added, ...changed];
  const facts = new Map<string, PathFacts>();
  const waiting = paths.values();
  await Promise.all(
    Array.from({ length: looksAtOnce }, async () => {
      for (const path of waiting) {
        const found = await factsOf(engine, container.Id, path).catch((error: unknown) => {
          // Of one path the engine may not be able to tell; then it counts as not looked at.
          if (engineErrorKind(error) === "engine") return null;
          throw error;
        });
        if (found !== null) facts.set(path, found);
      }
    }),
  );
  known.keepsFractions ||= [...facts.values()].some(hasFraction);
  const of = (some: string[]): PathFacts[] => some.flatMap((path) => facts.get(path) ?? []);
  return { added: of(added), changed: of(changed), all: of(paths) };
}

function fits(files: readonly PathFacts[]): boolean {
  return files.length <= carriedFilesLimit && bytesOf(files) <= carriedBytesLimit;
}

function bytesOf(files: readonly PathFacts[]): number {
  return files.reduce((sum, { type, size }) => sum + (type === "file" ? size : 0), 0);
}

function tooMuch(name: string, files: readonly PathFacts[]): CommandFailure {
  const megabytes = (bytesOf(files) / 1024 / 1024).toFixed(1);
  const directories = [...new Set(files.map(({ path }) => posix.dirname(path)))].sort();
  return new CommandFailure(
    "refused",
    `${name} has ${files.length} files (${megabytes} MiB) that are in neither its image nor a volume, and a deploy carries over at most ${carriedFilesLimit} (${carriedBytesLimit / 1024 / 1024} MiB): ${examples(files.map(({ path }) => path))}, in ${examples(directories)}. ${wayOut}`,
  );
}

function notTheSame(name: string, files: readonly PathFacts[]): CommandFailure {
  return new CommandFailure(
    "refused",
    `${name} has files that are in neither its image nor a volume and that Podman does not give away as they are, because they are links or not readable by everyone: ${examples(files.map(({ path }) => path))}. ${wayOut}`,
  );
}

const wayOut = `Put them into a volume, a bind mount or the image. If the container makes them itself, give it or its image the label ${leaveFilesLabel}=leave.`;

/** With the directories that are in no image either, parents first. */
function filesOf(from: string, paths: string[], layer: LayerFiles): CarriedFiles | null {
  if (paths.length === 0) return null;
  const parents = paths.flatMap(parentsOf).filter((path) => layer.addedDirectories.has(path));
  return {
    from,
    paths: [...new Set([...parents, ...paths])].sort(),
    // With the headers, of which each path has a few hundred bytes.
    maxBytes: carriedBytesLimit + 1024 * 1024 * 4,
  };
}

function keptChange(path: string): ConfigChange {
  return { field: `Files.${path}`, origin: "kept", before: null, after: null };
}

function leftBehind(what: string, left: readonly string[], cutOff: boolean): ConfigChange[] {
  if (left.length === 0) return [];
  const count = `${cutOff ? "more than " : ""}${left.length} ${left.length === 1 ? "file" : "files"}`;
  const before = `${count} ${what}: ${examples(left)}`;
  return [{ field: "Files", origin: "image", before, after: "not carried over" }];
}

/** `putIn`: of the changed files those that the container has not written itself. */
function imagesFiles(
  { changed, removed }: LayerFiles,
  putIn: readonly PathFacts[],
): ConfigChange[] {
  const named = new Set(putIn.slice(0, namedAtMost).map(({ path }) => path));
  const change = (field: string, before: string): ConfigChange => ({
    field,
    origin: "image",
    before,
    after: "the new image's",
  });
  const others = changed.filter((path) => !named.has(path));
  return [
    ...[...named].map((path) => change(`Files.${path}`, "changed in the container")),
    ...(others.length === 0
      ? []
      : [change("Files", `changed by the container: ${examples(others)}`)]),
    ...(removed.length === 0
      ? []
      : [change("Files", `removed in the container: ${examples(removed)}`)]),
  ];
}

function examples(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).join(", ");
  return paths.length > 3 ? `${shown} and ${paths.length - 3} more` : shown;
}
