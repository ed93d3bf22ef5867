import type { Power } from "./power.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Settings, settings, textOf, valueText } from "./values.ts";

/** Which namespaces a container shares with the host or with other containers. */

/** By kind, what the engine calls it, and the modes that keep the container to itself. */
const modes = [
  ["network", "NetworkMode", null],
  ["pid", "PidMode", ["", "private"]],
  ["ipc", "IpcMode", ["", "private", "shareable", "none"]],
  ["uts", "UTSMode", ["", "private"]],
  ["user", "UsernsMode", ["", "private"]],
  ["cgroup", "CgroupnsMode", ["", "private"]],
] as const;

export const namespaceSettings = modes.map(([, name]) => name);

export function namespacesOf(host: Settings, config: Settings, around: Around): Power[] {
  const values = modes.flatMap(([kind, name, own]) =>
    host.readings(name).flatMap((reading) => {
      const mode = textOf(reading ?? "");
      const joined = containerIn(mode);
      const other = joined === null ? null : around.nameOf(joined);
      const isOwn =
        own === null ? isOwnNetwork(mode, other, around) : own.some((one) => one === mode);
      return isOwn ? [] : [`${kind}=${valueText(other === null ? mode : `container:${other}`)}`];
    }),
  );
  const listed = listsHostNetwork(config) ? ["network=host"] : [];
  return [...values, ...listed].map((value) => ({ rule: "namespaces", value }));
}

/** Containers whose network is joined, by id or name: the setting may stand there in several spellings. */
export function joinedNetworksOf(host: Settings): string[] {
  const joined = host.readings("NetworkMode").map((reading) => containerIn(textOf(reading ?? "")));
  return [...new Set(joined.filter((container) => container !== null))];
}

/** The container that a mode names; null where it names none. */
function containerIn(mode: string): string | null {
  return mode.startsWith("container:") ? mode.slice("container:".length) : null;
}

type Around = Pick<Surroundings, "nameOf" | "hostNetworked">;

/** Any name is a network; another container's network is one of its own unless that is the host's. */
function isOwnNetwork(mode: string, other: string | null, { hostNetworked }: Around): boolean {
  if (other !== null) return hostNetworked !== null && !hostNetworked.has(other);
  return mode !== "host" && !mode.includes(":");
}

/** In the list of networks, where the mode does not say it. */
function listsHostNetwork(config: Settings): boolean {
  return config
    .readings("NetworkingConfig")
    .flatMap((networking) => settings(networking).readings("EndpointsConfig"))
    .some((list) => Object.hasOwn(Object(list), "host"));
}
