import { isDeepStrictEqual } from "node:util";
import type { ImageContent, ImageSettings } from "../registries/image-content.ts";

export type SettingValue = string | string[] | Record<string, unknown>;

/** A setting that two images do not share. */
export interface SettingChange {
  /** `cmd`, `user`, …; `env.NAME` and `labels.NAME` for each of these */
  field: string;
  change: "added" | "removed" | "changed";
  /** null: the image does not set it, or the value is hidden */
  from: SettingValue | null;
  to: SettingValue | null;
  /** the values are not for this reader */
  hidden: boolean;
}

/** Layers by where they are: in both images, only in the new one, only in the old one. */
export interface LayerCounts {
  shared: number;
  added: number;
  removed: number;
}

export interface LayerChanges extends LayerCounts {
  /** compressed */
  bytes: LayerCounts;
}

const whole = [
  ...(["entrypoint", "cmd", "user", "workdir", "exposedPorts", "volumes"] as const),
  ...(["healthcheck", "stopSignal"] as const),
];

/**
 * Every setting that differs, in a fixed order: what is run, the environment by names, the labels by
 * names.
 *
 * @param hideEnv names of variables are shown, their values are not
 */
export function settingChanges(
  from: ImageSettings,
  to: ImageSettings,
  hideEnv = false,
): SettingChange[] {
  return [
    ...whole.flatMap((field) => change(field, present(from[field]), present(to[field]))),
    ...changesByName("env", variables(from.env), variables(to.env)).map((row) =>
      hideEnv ? { ...row, from: null, to: null, hidden: true } : row,
    ),
    ...changesByName(
      "labels",
      new Map(Object.entries(from.labels)),
      new Map(Object.entries(to.labels)),
    ),
  ];
}

/** An empty list of ports or volumes is none. */
function present(value: SettingValue | null): SettingValue | null {
  return Array.isArray(value) && value.length === 0 ? null : value;
}

function variables(env: readonly string[]): Map<string, string> {
  return new Map(
    env.map((line) => {
      const at = line.indexOf("=");
      return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

function changesByName(
  field: string,
  from: ReadonlyMap<string, string>,
  to: ReadonlyMap<string, string>,
): SettingChange[] {
  const names = [...new Set([...from.keys(), ...to.keys()])].sort();
  return names.flatMap((name) =>
    change(`${field}.${name}`, from.get(name) ?? null, to.get(name) ?? null),
  );
}

function change(
  field: string,
  from: SettingValue | null,
  to: SettingValue | null,
): SettingChange[] {
  if (isDeepStrictEqual(from, to)) return [];
  const kind = from === null ? "added" : to === null ? "removed" : "changed";
  return [{ field, change: kind, from, to, hidden: false }];
}

/** What an engine that has the old image pulls for the new one, and what it could then let go of. */
export function layerChanges(
  from: Pick<ImageContent, "layers">,
  to: Pick<ImageContent, "layers">,
): LayerChanges {
  const old = new Map(from.layers.map(({ digest, size }) => [digest, size]));
  // An image may have a layer twice; an engine has it once.
  const now = new Map(to.layers.map(({ digest, size }) => [digest, size]));
  const shared = [...now].filter(([digest]) => old.has(digest));
  const added = [...now].filter(([digest]) => !old.has(digest));
  const removed = [...old].filter(([digest]) => !now.has(digest));
  const bytes = (layers: [string, number][]) => layers.reduce((sum, [, size]) => sum + size, 0);
  return {
    shared: shared.length,
    added: added.length,
    removed: removed.length,
    bytes: { shared: bytes(shared), added: bytes(added), removed: bytes(removed) },
  };
}
