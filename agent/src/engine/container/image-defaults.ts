import { isDeepStrictEqual } from "node:util";
import type { Healthcheck, ProcessConfig } from "../inspection.ts";

/**
 * What of a container's `Config` is the user's: whatever differs from the default of the image that
 * the container was made from. The engine merges image and user by the rules of
 * {@link withImageDefaults} when it creates a container; {@link withoutImageDefaults} takes that apart again.
 *
 * Fields that the engine never takes from an image (Tty, StopTimeout, AttachStdin, …) are all the user's.
 */

const healthFields = [
  "Test",
  "Interval",
  "Timeout",
  "StartPeriod",
  "StartInterval",
  "Retries",
] as const satisfies readonly (keyof Healthcheck)[];

/**
 * The user's own settings in `config`, a container's, given its image's `image`. Never changes
 * its arguments. Left out are the image's build-time leftovers too (`OnBuild`).
 */
export function withoutImageDefaults(config: ProcessConfig, image: ProcessConfig): ProcessConfig {
  const own: ProcessConfig = { ...config };
  delete own.OnBuild;
  for (const field of ["User", "WorkingDir", "StopSignal"] as const) {
    if ((own[field] ?? "") === (image[field] ?? "")) delete own[field];
  }
  assign(own, "Env", ownEnvironment(config.Env ?? [], image.Env ?? []));
  assign(own, "Labels", ownEntries(config.Labels, image.Labels));
  assign(own, "ExposedPorts", ownKeys(config.ExposedPorts, image.ExposedPorts));
  assign(own, "Volumes", ownKeys(config.Volumes, image.Volumes));
  assign(own, "Healthcheck", ownHealthcheck(config.Healthcheck, image.Healthcheck));
  delete own.Entrypoint;
  delete own.Cmd;
  return Object.assign(own, ownCommand(config, image));
}

/** What the engine makes of the user's settings and an image when it creates a container. */
export function withImageDefaults(own: ProcessConfig, image: ProcessConfig): ProcessConfig {
  const merged: ProcessConfig = { ...own };
  for (const field of ["User", "WorkingDir", "StopSignal"] as const) {
    const value = own[field] || image[field];
    if (value) merged[field] = value;
  }
  const keys = new Set((own.Env ?? []).map(environmentKey));
  merged.Env = [
    ...(own.Env ?? []),
    ...(image.Env ?? []).filter((entry) => !keys.has(environmentKey(entry))),
  ];
  merged.Labels = { ...image.Labels, ...own.Labels };
  merged.ExposedPorts = { ...image.ExposedPorts, ...own.ExposedPorts };
  merged.Volumes = { ...image.Volumes, ...own.Volumes };
  merged.Healthcheck = mergedHealthcheck(own.Healthcheck, image.Healthcheck);
  if (empty(own.Entrypoint)) {
    if (empty(own.Cmd)) merged.Cmd = image.Cmd ?? null;
    merged.Entrypoint = own.Entrypoint ?? image.Entrypoint ?? null;
  }
  return merged;
}

/** The name in `NAME=value`; a bare `NAME` takes the variable away from the image's. */
export function environmentKey(entry: string): string {
  const end = entry.indexOf("=");
  return end < 0 ? entry : entry.slice(0, end);
}

/** Entries by variable, in order: one may be given several times, and then the last counts. */
export function environmentByKey(entries: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const entry of entries) {
    const key = environmentKey(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups;
}

function ownEnvironment(own: readonly string[], image: readonly string[]): string[] | undefined {
  const ofOwn = environmentByKey(own);
  const ofImage = environmentByKey(image);
  const kept = own.filter((entry) => {
    const key = environmentKey(entry);
    return !isDeepStrictEqual(ofOwn.get(key), ofImage.get(key));
  });
  return kept.length === 0 ? undefined : kept;
}

function ownEntries(
  own: Record<string, string> | null | undefined,
  image: Record<string, string> | null | undefined,
): Record<string, string> | undefined {
  const kept = Object.entries(own ?? {}).filter(([key, value]) => entryOf(image, key) !== value);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

function ownKeys(
  own: Record<string, unknown> | null | undefined,
  image: Record<string, unknown> | null | undefined,
): Record<string, unknown> | undefined {
  const kept = Object.entries(own ?? {}).filter(([key]) => entryOf(image, key) === undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** A label may be called `constructor`. */
function entryOf<T>(of: Record<string, T> | null | undefined, key: string): T | undefined {
  return of && Object.hasOwn(of, key) ? of[key] : undefined;
}

function ownHealthcheck(
  own: Healthcheck | null | undefined,
  image: Healthcheck | null | undefined,
): Healthcheck | undefined {
  if (!own) return undefined;
  const kept: Record<string, unknown> = {};
  for (const field of healthFields) {
    if (unset(own[field]) || isDeepStrictEqual(own[field], image?.[field])) continue;
    kept[field] = own[field];
  }
  return Object.keys(kept).length === 0 ? undefined : (kept as Healthcheck);
}

function mergedHealthcheck(
  own: Healthcheck | null | undefined,
  image: Healthcheck | null | undefined,
): Healthcheck | null {
  if (!own) return image ?? null;
  const merged: Record<string, unknown> = {};
  for (const field of healthFields) {
    const value = unset(own[field]) ? image?.[field] : own[field];
    if (!unset(value)) merged[field] = value;
  }
  return merged as Healthcheck;
}

function unset(value: string[] | number | null | undefined): boolean {
  return (
    value === undefined || value === null || (Array.isArray(value) ? empty(value) : value === 0)
  );
}

/**
 * Entrypoint and command as a pair. The engine takes the image's command only where the user set
 * neither, and an entrypoint of the user's makes the command the user's, even if it is none.
 *
 * No container is without both, and the engine names both: where neither is set, or an entrypoint
 * is not even named, `config` is a record of the user's own settings, and the image's is meant.
 */
function ownCommand(config: ProcessConfig, image: ProcessConfig): ProcessConfig {
  if (!config.Entrypoint && !config.Cmd) return {};
  const entrypoint = (config.Entrypoint === undefined ? image : config).Entrypoint ?? [];
  const command = config.Cmd ?? [];
  const sameEntrypoint = isDeepStrictEqual(entrypoint, image.Entrypoint ?? []);
  const sameCommand = isDeepStrictEqual(command, image.Cmd ?? []);
  if (sameEntrypoint && sameCommand) return {};
  // No command although the image has one: only setting the entrypoint again does that.
  if (sameEntrypoint && command.length > 0) return { Cmd: command };
  return { Entrypoint: entrypoint, Cmd: command };
}

function empty(list: readonly string[] | null | undefined): boolean {
  return !list || list.length === 0;
}

function assign<K extends keyof ProcessConfig>(
  own: ProcessConfig,
  field: K,
  value: ProcessConfig[K] | undefined,
): void {
  if (value === undefined) delete own[field];
  else own[field] = value;
}
