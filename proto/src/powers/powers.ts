import { capabilitiesOf, securityOf } from "./kernel.ts";
import { type HostConfig, mountsOf, type VolumeOptions } from "./mounts.ts";
import type { Power } from "./power.ts";
import { canonical, says, textOf, textsOf, valueText } from "./values.ts";

export { type VolumeOptions, volumesOf } from "./mounts.ts";
export { type Power, type PowerRule, powerRules } from "./power.ts";

/**
 * What a container's configuration gives it that reaches beyond the container. The configuration may come
 * from the control plane: a setting that is not known here counts, too, because a newer engine may know it,
 * and engines take any spelling of a setting's name (`privileged`).
 */

/** The configuration of a container: an inspected one, or the final create body of the next. */
export interface Configured {
  HostConfig: HostConfig;
  NetworkingConfig?: unknown;
  [other: string]: unknown;
}

/** What has to be known of other things on the host. */
export interface Surroundings {
  /** the lasting name of a container by id or name */
  nameOf(container: string): string;
  /** named volumes that have options, by name */
  volumes: ReadonlyMap<string, VolumeOptions>;
  /** names of containers that live in the host's network */
  hostNetworked: ReadonlySet<string>;
}

export const nowhere: Surroundings = {
  nameOf: (container) => container,
  volumes: new Map(),
  hostNetworked: new Set(),
};

/** In a fixed order. Contains what every container has, such as the usual capabilities. */
export function powersOf(body: Configured, around: Surroundings): Power[] {
  const { HostConfig: host, ...config } = body;
  const { privileged, rest } = privilegesOf(host);
  return [
    ...privileged,
    ...mountsOf(host, around),
    ...namespacesOf(host, around),
    ...listedHostNetwork(host, config),
    ...rest,
    ...runtimeOf(host),
    ...settingsOf(host, config),
  ];
}

/** Of a privileged container the capabilities, devices and filters say nothing: it has all. */
function privilegesOf(host: HostConfig): { privileged: Power[]; rest: Power[] } {
  if (says(host.Privileged))
    return { privileged: [{ rule: "privileged", value: "true" }], rest: [] };
  return {
    privileged: [],
    rest: [...capabilitiesOf(host), ...devicesOf(host), ...securityOf(host)],
  };
}

/** By kind, what the engine calls it, and the modes that keep the container to itself. */
const namespaceModes = [
  ["network", "NetworkMode", null],
  ["pid", "PidMode", ["", "private"]],
  ["ipc", "IpcMode", ["", "private", "shareable", "none"]],
  ["uts", "UTSMode", ["", "private"]],
  ["user", "UsernsMode", ["", "private"]],
  ["cgroup", "CgroupnsMode", ["", "private"]],
] as const;

function namespacesOf(host: HostConfig, around: Surroundings): Power[] {
  return namespaceModes.flatMap(([kind, field, own]): Power[] => {
    const mode = textOf(host[field] ?? "");
    const other = mode.startsWith("container:") ? around.nameOf(mode.slice(10)) : null;
    const value = other === null ? mode : `container:${other}`;
    const isOwn =
      own === null ? isOwnNetwork(mode, other, around) : own.some((one) => one === mode);
    return isOwn ? [] : [{ rule: "namespaces", value: `${kind}=${valueText(value)}` }];
  });
}

/** Any name is a network; another container's network is one of its own unless that is the host's. */
function isOwnNetwork(mode: string, other: string | null, around: Surroundings): boolean {
  if (other !== null) return !around.hostNetworked.has(other);
  return mode !== "host" && !mode.includes(":");
}

/** In the list of networks, where the mode does not say it. */
function listedHostNetwork(
  { NetworkMode: mode }: HostConfig,
  { NetworkingConfig: networking }: { NetworkingConfig?: unknown },
): Power[] {
  const { EndpointsConfig: list } = (networking ?? {}) as { EndpointsConfig?: object | null };
  const isListed = mode !== "host" && Object.hasOwn(list ?? {}, "host");
  return isListed ? [{ rule: "namespaces", value: "network=host" }] : [];
}

function devicesOf({ Devices, DeviceRequests, DeviceCgroupRules }: HostConfig): Power[] {
  const devices = listOf(Devices).map((device) => {
    const { PathOnHost, PathInContainer, CgroupPermissions, ...others } = device;
    const isPlain = Object.keys(others).length === 0 && typeof PathOnHost === "string";
    const access = [...textOf(CgroupPermissions ?? "rwm")].toSorted().join("");
    return isPlain && /^[mrw]+$/.test(access) && !PathOnHost.includes(":")
      ? `${PathOnHost}:${access}`
      : canonical(device);
  });
  const requests = listOf(DeviceRequests).map((request) => `request=${canonical(request)}`);
  const rules = textsOf(DeviceCgroupRules).map((rule) => `rule=${rule}`);
  return [...devices, ...requests, ...rules].map((value) => ({
    rule: "devices",
    value: valueText(value),
  }));
}

function listOf(value: unknown): Record<string, unknown>[] {
  if (!says(value)) return [];
  return (Array.isArray(value) ? value : [value]).map((one) =>
    typeof one === "object" && one !== null ? one : { PathOnHost: one, Odd: true },
  );
}

/** Names of what the engine takes by itself; with any of these a container is a usual one. */
const usualRuntimes = new Set(["", "runc", "crun", "oci", "io.containerd.runc.v2"]);

function runtimeOf({ Runtime }: HostConfig): Power[] {
  const name = textOf(Runtime ?? "");
  return [{ rule: "runtimes", value: usualRuntimes.has(name) ? "default" : valueText(name) }];
}

/** Limits, and what stays in the container. */
const harmless = new Set(
  [
    "AutoRemove BlkioDeviceReadBps BlkioDeviceReadIOps BlkioDeviceWriteBps BlkioDeviceWriteIOps BlkioWeight",
    "BlkioWeightDevice ConsoleSize ContainerIDFile CpuCount CpuPercent CpuPeriod CpuQuota CpuRealtimePeriod",
    "CpuRealtimeRuntime CpuShares CpusetCpus CpusetMems Dns DnsOptions DnsSearch ExtraHosts GroupAdd",
    "IOMaximumBandwidth IOMaximumIOps Init Isolation KernelMemory KernelMemoryTCP Links LogConfig Memory",
    "MemoryReservation MemorySwap MemorySwappiness NanoCpus OomKillDisable OomScoreAdj PidsLimit PortBindings",
    "PublishAllPorts ReadonlyRootfs RestartPolicy ShmSize StorageOpt Tmpfs Ulimits",
  ].flatMap((line) => line.split(" ")),
);
const readAbove = new Set([
  ...namespaceModes.map(([, field]) => field as string),
  ...["Binds", "Mounts", "VolumesFrom", "Privileged", "CapAdd", "CapDrop", "SecurityOpt"],
  ...["MaskedPaths", "ReadonlyPaths", "Devices", "DeviceRequests", "DeviceCgroupRules", "Runtime"],
]);
const ofConfig = new Set(
  [
    "ArgsEscaped AttachStderr AttachStdin AttachStdout Cmd Domainname Entrypoint Env ExposedPorts Healthcheck",
    "Hostname Image Labels MacAddress NetworkDisabled NetworkingConfig OnBuild OpenStdin Shell StdinOnce",
    "StopSignal StopTimeout Tty User Volumes WorkingDir",
  ].flatMap((line) => line.split(" ")),
);

function settingsOf(host: HostConfig, config: Readonly<Record<string, unknown>>): Power[] {
  const ofHost = Object.entries(host).filter(([key]) => !harmless.has(key) && !readAbove.has(key));
  const others = Object.entries(config).filter(([key]) => !ofConfig.has(key));
  return [...ofHost, ...others].flatMap(([key, value]) =>
    settingTexts(key, value).map((text): Power => ({ rule: "settings", value: valueText(text) })),
  );
}

/** Parameters of the kernel that every container has of its own. */
const ownSysctl =
  /^(net\.|fs\.mqueue\.|kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced|domainname|hostname)$)/;

/** Entries of a list or mapping one by one, so that each can be compared and allowed. */
function settingTexts(key: string, value: unknown): string[] {
  if (!says(value)) return [];
  if (key === "VolumeDriver" && value === "local") return [];
  if (typeof value !== "object") return [`${key}=${textOf(value)}`];
  if (Array.isArray(value)) return value.map((one) => `${key}=${textOf(one)}`);
  return Object.entries(value as object).flatMap(([name, inner]) =>
    key === "Sysctls" && ownSysctl.test(name) ? [] : [`${key}.${name}=${textOf(inner)}`],
  );
}

/** Those powers that neither are among `before` nor are a part of what is. */
export function gains(next: readonly Power[], before: readonly Power[]): Power[] {
  return next.filter((power) => !before.some((one) => covers(one, power)));
}

function covers(before: Power, { rule, value }: Power): boolean {
  if (before.rule === "privileged" && ["capabilities", "devices", "security"].includes(rule)) {
    return true;
  }
  if (before.rule !== rule) return false;
  if (before.value === value) return true;
  switch (rule) {
    case "capabilities":
      return before.value === "ALL";
    case "mounts":
      return value === `${before.value}:ro`;
    case "devices":
      return isLessAccess(before.value, value);
    case "security":
      return unfiltered.has(before.value) && value.startsWith(`${before.value.split("=")[0]}=`);
    default:
      return false;
  }
}

/** The container is not filtered at all, so any filter is less. */
const unfiltered = new Set(["seccomp=unconfined", "apparmor=unconfined", "label=disable"]);

function isLessAccess(before: string, wanted: string): boolean {
  const [had, has] = [before, wanted].map((value) => /^(.*):([mrw]+)$/.exec(value));
  if (!had || !has || had[1] !== has[1]) return false;
  return [...(has[2] ?? "")].every((letter) => had[2]?.includes(letter));
}

/** What a container without any setting has. */
export const usualPowers: readonly Power[] = powersOf({ HostConfig: {} }, nowhere);
