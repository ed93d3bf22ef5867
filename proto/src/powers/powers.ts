import { devicesOf } from "./devices.ts";
import { gains } from "./gains.ts";
import { capabilitiesOf, securityOf } from "./kernel.ts";
import { mountsOf, volumesOf } from "./mounts.ts";
import { joinedNetworksOf, namespacesOf } from "./namespaces.ts";
import { othersOf } from "./others.ts";
import type { Power } from "./power.ts";
import { nowhere, type Surroundings, unknownHost } from "./surroundings.ts";
import { type Settings, says, settings, textOf, valueText } from "./values.ts";

export { gains } from "./gains.ts";
export {
  inPrivileged,
  type Power,
  type PowerRule,
  policyText,
  powerRules,
  powersText,
} from "./power.ts";
export { nowhere, type Surroundings, type VolumeOptions } from "./surroundings.ts";

/**
 * What a container's configuration gives it that reaches beyond the container. The control plane asks this
 * of what an agent recorded, and an agent of what the control plane wants created, so each reads what the
 * other may have made up: no type is taken for granted, every spelling of a setting's name is read, as engines
 * do, and counts as a setting of its own besides, and so does every setting that is not known here, because a
 * newer engine may know it.
 */

/** In the Engine API's words: an inspected container's `Config`, or a create body, with its `HostConfig`. */
export type Configured = Readonly<Record<string, unknown>>;

/** In a fixed order. Contains what every container has, such as the usual capabilities. */
export function powersOf(body: Configured, around: Surroundings): Power[] {
  const host = hostOf(body);
  const all = [
    ...privilegesOf(host),
    ...mountsOf(host, around),
    ...namespacesOf(host, settings(body), around),
    ...runtimesOf(host),
    ...othersOf(body),
  ];
  return [...new Map(all.map((power) => [`${power.rule} ${power.value}`, power])).values()];
}

/**
 * What one configuration has that another, or any container where there is no other, has not; for who knows
 * nothing of the host that they are for.
 */
export function powersBeyond(made: Configured, written: Configured | null): Power[] {
  return gains(powersOf(made, unknownHost), powersOf(written ?? {}, unknownHost));
}

/** Names of the volumes that a container mounts. */
export function mountedVolumes(body: Configured): string[] {
  return volumesOf(hostOf(body));
}

/** Containers whose network a container joins, by id or name as the body has it. */
export function joinedNetworks(body: Configured): string[] {
  return joinedNetworksOf(hostOf(body));
}

function hostOf(body: Configured): Settings {
  const [own, ...others] = settings(body).readings("HostConfig");
  return settings(own, others);
}

/** Of a privileged container the capabilities, devices and filters say nothing: it has all. */
function privilegesOf(host: Settings): Power[] {
  if (host.readings("Privileged").some(says)) return [{ rule: "privileged", value: "true" }];
  return [...capabilitiesOf(host), ...devicesOf(host), ...securityOf(host)];
}

/** Names of what the engine takes by itself; with any of these a container is a usual one. */
const usualRuntimes = new Set(["", "runc", "crun", "oci", "io.containerd.runc.v2"]);

function runtimesOf(host: Settings): Power[] {
  return host.readings("Runtime").map((runtime) => {
    const name = textOf(runtime ?? "");
    return { rule: "runtimes", value: usualRuntimes.has(name) ? "default" : valueText(name) };
  });
}

/** What a container without any setting has. */
export const usualPowers: readonly Power[] = powersOf({}, nowhere);
