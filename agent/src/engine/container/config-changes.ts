import { isDeepStrictEqual } from "node:util";
import type { ConfigChange } from "@bridgeport/proto";
import type { HostConfig, ProcessConfig } from "../inspection.ts";
import { composeImageLabel } from "./compose-labels.ts";
import { environmentByKey } from "./image-defaults.ts";
import type { NetworkSettings } from "./networks.ts";
import type { AnonymousVolume } from "./volumes.ts";

export interface ConfigComparison {
  /** the old container's `Config`; empty where there was none */
  before: ProcessConfig;
  /** what of it is the user's */
  own: ProcessConfig;
  /** what the engine will make of `own` and the new image */
  after: ProcessConfig;
  hostConfigBefore: HostConfig;
  hostConfig: HostConfig;
  volumes: readonly AnonymousVolume[];
  networks: NetworkSettings;
  /** by network: whether they were asked for is not known, and the new container gets others */
  unknownMacAddresses: Readonly<Record<string, string | null>>;
}

/**
 * What the user should know before or after a replacement: every setting of theirs that is kept,
 * every default that changes with the image, and what the deploy itself sets. Defaults that stay
 * as they are go without saying. The values of the user's environment variables are left out
 * (null): they are often secrets, and they do not change.
 */
export function configChanges(comparison: ConfigComparison): ConfigChange[] {
  const { before, own, after, hostConfigBefore, hostConfig } = comparison;
  const changes: ConfigChange[] = [
    {
      field: "Config.Image",
      origin: "plan",
      before: before.Image ?? null,
      after: own.Image ?? null,
    },
    ...environmentChanges(comparison),
    ...labelChanges(comparison),
    ...keyedChanges("ExposedPorts", comparison),
    ...keyedChanges("Volumes", comparison),
  ];
  const apart = new Set(["Image", "Env", "Labels", "ExposedPorts", "Volumes", "Healthcheck"]);
  for (const field of keysOf(before, own, after)) {
    // What the engine fills in by itself is neither the user's nor the image's.
    if (apart.has(field) || ((field === "Hostname" || field === "OnBuild") && !(field in own)))
      continue;
    changes.push(
      ...change(`Config.${field}`, field in own, before[field] ?? null, after[field] ?? null),
    );
  }
  for (const field of keysOf(before.Healthcheck, own.Healthcheck, after.Healthcheck)) {
    changes.push(
      ...change(
        `Config.Healthcheck.${field}`,
        entryOf(own.Healthcheck, field) !== undefined,
        entryOf(before.Healthcheck, field) ?? null,
        entryOf(after.Healthcheck, field) ?? null,
      ),
    );
  }
  for (const field of Object.keys(hostConfig).sort()) {
    if (field === "Binds" || field === "Mounts") continue;
    const value = hostConfig[field];
    if (!says(value) || isEmptyObject(value)) continue;
    changes.push({
      field: `HostConfig.${field}`,
      origin: "kept",
      before: hostConfigBefore[field] ?? null,
      after: value,
    });
  }
  for (const field of ["Binds", "Mounts"] as const) {
    const value = isEmptyObject(hostConfigBefore) ? hostConfig[field] : hostConfigBefore[field];
    if (says(value)) {
      changes.push({ field: `HostConfig.${field}`, origin: "kept", before: value, after: value });
    }
  }
  for (const { name, destination } of comparison.volumes) {
    changes.push({ field: `Mounts.${destination}`, origin: "kept", before: name, after: name });
  }
  for (const [network, settings] of Object.entries(comparison.networks.endpoints)) {
    changes.push({
      field: `NetworkSettings.Networks.${network}`,
      origin: "kept",
      before: settings,
      after: settings,
    });
  }
  for (const [network, mac] of Object.entries(comparison.unknownMacAddresses)) {
    const field = `NetworkSettings.Networks.${network}.MacAddress`;
    // A stopped container shows none, whether or not it has one.
    changes.push({ field, origin: "plan", before: mac ?? "not known", after: null });
  }
  return changes;
}

function environmentChanges({ before, own, after }: ConfigComparison): ConfigChange[] {
  const ofBefore = environmentByKey(before.Env ?? []);
  const ofOwn = environmentByKey(own.Env ?? []);
  const ofAfter = environmentByKey(after.Env ?? []);
  return sorted(new Set([...ofBefore.keys(), ...ofAfter.keys()])).flatMap((key) => {
    const field = `Config.Env.${key}`;
    if (ofOwn.has(key)) return [{ field, origin: "kept", before: null, after: null }];
    return change(field, false, lastValue(ofBefore.get(key)), lastValue(ofAfter.get(key)));
  });
}

function lastValue(entries: string[] | undefined): string | null {
  const entry = entries?.at(-1);
  return entry === undefined ? null : entry.slice(entry.indexOf("=") + 1);
}

function labelChanges({ before, own, after }: ConfigComparison): ConfigChange[] {
  return keysOf(before.Labels, after.Labels).flatMap((key) => {
    const field = `Config.Labels.${key}`;
    const old = entryOf(before.Labels, key) ?? null;
    const current = entryOf(after.Labels, key) ?? null;
    if (key === composeImageLabel && current !== null) {
      return [{ field, origin: "plan", before: old, after: current }];
    }
    return change(field, entryOf(own.Labels, key) !== undefined, old, current);
  });
}

function keyedChanges(
  field: "ExposedPorts" | "Volumes",
  { before, own, after }: ConfigComparison,
): ConfigChange[] {
  return keysOf(before[field], after[field]).flatMap((key) =>
    change(
      `Config.${field}.${key}`,
      entryOf(own[field], key) !== undefined,
      entryOf(before[field], key) ?? null,
      entryOf(after[field], key) ?? null,
    ),
  );
}

function change(field: string, kept: boolean, before: unknown, after: unknown): ConfigChange[] {
  if (kept) return says(after) || says(before) ? [{ field, origin: "kept", before, after }] : [];
  if (isDeepStrictEqual(before, after) || (!says(before) && !says(after))) return [];
  return [{ field, origin: "image", before, after }];
}

/** Whether a value is more than the engine's way to write "nothing set". */
function says(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) {
    return false;
  }
  if (Array.isArray(value)) return value.some(says);
  // An empty object is how ports and volumes are listed; as a setting it is told by its key.
  return true;
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function keysOf(...of: (object | null | undefined)[]): string[] {
  return sorted(new Set(of.flatMap((value) => Object.keys(value ?? {}))));
}

function entryOf(of: object | null | undefined, key: string): unknown {
  if (!of || !Object.hasOwn(of, key)) return undefined;
  return (of as Record<string, unknown>)[key];
}

function sorted(keys: Iterable<string>): string[] {
  return [...keys].sort();
}
