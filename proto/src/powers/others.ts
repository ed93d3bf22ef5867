import { namespaceSettings } from "./namespaces.ts";
import type { Power } from "./power.ts";
import { says, textOf, valueText } from "./values.ts";

/** Settings that are not known to stay in the container, under the names that the body has. */

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
const readElsewhere = new Set<string>([
  ...namespaceSettings,
  ...["Binds", "Mounts", "VolumesFrom", "Privileged", "CapAdd", "CapDrop", "SecurityOpt"],
  ...["MaskedPaths", "ReadonlyPaths", "Devices", "DeviceRequests", "DeviceCgroupRules", "Runtime"],
]);
const ofConfig = new Set(
  [
    "ArgsEscaped AttachStderr AttachStdin AttachStdout Cmd Domainname Entrypoint Env ExposedPorts Healthcheck",
    "HostConfig Hostname Image Labels MacAddress NetworkDisabled NetworkingConfig OnBuild OpenStdin Shell StdinOnce",
    "StopSignal StopTimeout Tty User Volumes WorkingDir",
  ].flatMap((line) => line.split(" ")),
);

/** Another spelling of a name that is known counts, too: nobody has a good reason for it. */
export function othersOf(body: Readonly<Record<string, unknown>>): Power[] {
  const ofHost = Object.entries(Object(body.HostConfig)).filter(
    ([key]) => !harmless.has(key) && !readElsewhere.has(key),
  );
  const ofBody = Object.entries(body).filter(([key]) => !ofConfig.has(key));
  return [...ofHost, ...ofBody].flatMap(([key, value]) =>
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
  return Object.entries(Object(value)).flatMap(([name, inner]) =>
    key === "Sysctls" && ownSysctl.test(name) ? [] : [`${key}.${name}=${textOf(inner)}`],
  );
}
