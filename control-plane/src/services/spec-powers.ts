import type { ContainerSpec } from "@bridgeport/proto";
import {
  canonical,
  entriesOf,
  folded,
  type Settings,
  says,
  settings,
  shortened,
  textOf,
} from "./loose-values.ts";

/*
 * What a container's specification, in the Engine API's words, gives it that reaches beyond it. Its agent
 * names the same in the same words, when it asks its host's policy about the container that it would create.
 *
 * The specification may be an agent's own: nothing is taken for granted of its types, engines take any
 * spelling of a setting's name (`privileged`), and a setting that is not known here counts, too.
 */

const powerRules = [
  "privileged",
  "mounts",
  "namespaces",
  "capabilities",
  "devices",
  "security",
  "runtimes",
  "settings",
] as const;

export interface Power {
  rule: (typeof powerRules)[number];
  /** such as `/srv/web:ro`, `network=host` or `NET_ADMIN` */
  value: string;
}

/** What `made` has that neither `written` nor every container has, in a fixed order. */
export function powersBeyond(made: ContainerSpec, written: ContainerSpec | null): Power[] {
  const own = powersOf(written ?? {});
  const isAmong = (power: Power) => own.some((one) => covers(one, power));
  return powersOf(made).filter((power) => !isAmong(power));
}

/** A sentence with more than these of a kind is not read. */
const listedAtMost = 50;

/** `privileged; mounts /srv/web:ro; namespaces network=host` */
export function powersText(powers: readonly Power[]): string {
  return powerRules
    .flatMap((rule) => {
      const values = powers.flatMap((power) => (power.rule === rule ? power.value : []));
      if (values.length === 0) return [];
      const more = values.length - listedAtMost;
      const listed = values.slice(0, listedAtMost).join(", ");
      if (rule === "privileged") return rule;
      return `${rule} ${listed}${more > 0 ? ` and ${more} more` : ""}`;
    })
    .join("; ");
}

function powersOf({ HostConfig, NetworkingConfig }: ContainerSpec): Power[] {
  const host = settings(HostConfig);
  const texts: Record<Power["rule"], string[]> = {
    privileged: host.get("privileged").some(says) ? ["true"] : [],
    mounts: mountsOf(host),
    namespaces: namespacesOf(host, NetworkingConfig),
    capabilities: capabilitiesOf(host),
    devices: devicesOf(host),
    security: securityOf(host),
    runtimes: host
      .get("runtime")
      .map(textOf)
      .filter((name) => !usualRuntimes.has(name)),
    settings: othersOf(HostConfig),
  };
  return powerRules.flatMap((rule) =>
    [...new Set(texts[rule])].map((value) => ({ rule, value: shortened(value) })),
  );
}

function mountsOf(host: Settings): string[] {
  const binds = host.list("binds").flatMap((bind) => {
    const [source = "", target, ...options] = textOf(bind).split(":");
    // A bare path is an anonymous volume, and a name a volume's.
    const isVolume = target === undefined ? source.startsWith("/") : volumeName.test(source);
    return isVolume ? [] : [mountText(source, options.join(",").split(","))];
  });
  const mounts = host.list("mounts").flatMap((entry) => {
    const mount = settings(entry);
    const type = mount.text("type");
    const options = mount.get("readonly").includes(true) ? ["ro"] : [];
    if (type === "bind") {
      const bind = mount.get("bindoptions").flatMap((one) => settings(one).get("propagation"));
      return [mountText(mount.text("source"), [...options, ...bind.map(textOf)])];
    }
    if (type === "tmpfs") return [];
    if (type !== "volume") return [canonical(entry)];
    // A volume's driver may mount whatever the host has.
    const drivers = mount.get("volumeoptions").flatMap((one) => settings(one).get("driverconfig"));
    return drivers.filter(says).map((driver) => `volume ${canonical(driver)}`);
  });
  const others = host.list("volumesfrom").map((entry) => `volumes-from=${textOf(entry)}`);
  return [...binds, ...mounts, ...others];
}

const volumeName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const propagations = ["shared", "rshared", "slave", "rslave"];

function mountText(path: string, options: readonly string[]): string {
  const plain = path.replace(/\/{2,}/g, "/").replace(/(.)\/$/, "$1");
  const said = new Set(options);
  const words = [
    ...(said.has("ro") && !said.has("rw") ? ["ro"] : []),
    ...propagations.filter((word) => said.has(word)),
  ];
  return words.length === 0 ? plain : `${plain}:${words.join(",")}`;
}

/** By kind, what the engine calls it, and the modes that keep the container to itself. */
const namespaceModes = [
  ["pid", "pidmode", ["", "private"]],
  ["ipc", "ipcmode", ["", "private", "shareable", "none"]],
  ["uts", "utsmode", ["", "private"]],
  ["user", "usernsmode", ["", "private"]],
  ["cgroup", "cgroupnsmode", ["", "private"]],
] as const;

function namespacesOf(host: Settings, networking: unknown): string[] {
  // Any name is a network; that of another container may be the host's.
  const networks = host
    .get("networkmode")
    .map(textOf)
    .filter((mode) => mode === "host" || mode.includes(":"));
  const listed = settings(networking)
    .get("endpointsconfig")
    .flatMap((list) => Object.keys(Object(list)))
    .filter((name) => name === "host");
  const others = namespaceModes.flatMap(([kind, field, own]) =>
    host
      .get(field)
      .map(textOf)
      .filter((mode) => !own.some((one) => one === mode))
      .map((mode) => `${kind}=${mode}`),
  );
  return [...[...networks, ...listed].map((mode) => `network=${mode}`), ...others];
}

/** What a container has without any setting. */
const usualCapabilities =
  "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split(
    " ",
  );

function capabilitiesOf(host: Settings): string[] {
  const named = (field: string) =>
    host.list(field).map((one) => textOf(one).toUpperCase().replace(/^CAP_/, ""));
  const added = named("capadd");
  const dropped = new Set(named("capdrop"));
  if (added.includes("ALL")) {
    return [dropped.size === 0 ? "ALL" : `ALL without ${[...dropped].toSorted().join(", ")}`];
  }
  if (dropped.has("ALL")) return added;
  return [...usualCapabilities, ...added].filter((one) => !dropped.has(one));
}

function devicesOf(host: Settings): string[] {
  const devices = host.list("devices").map((device) => {
    const { PathOnHost, PathInContainer, CgroupPermissions, ...others } = Object(device);
    const isPlain = Object.keys(others).length === 0 && typeof PathOnHost === "string";
    const access = [...textOf(CgroupPermissions ?? "rwm")].toSorted().join("");
    return isPlain && !PathOnHost.includes(":") ? `${PathOnHost}:${access}` : canonical(device);
  });
  const requests = host.list("devicerequests").map((request) => `request=${canonical(request)}`);
  const rules = host.list("devicecgrouprules").map((rule) => `rule=${textOf(rule)}`);
  return [...devices, ...requests, ...rules];
}

/** The kinds of options of which a container has exactly one. */
const filters = ["seccomp", "apparmor", "label"];
const usualFilters = new Set(["seccomp=builtin", "apparmor=docker-default"]);
const noNewPrivileges = /^no-new-privileges([=:](true|1|t|T|TRUE|True))?$/;
/** Paths of the kernel's own that every engine hides, or keeps from being written. */
const maskedPaths = [
  ...["asound", "acpi", "kcore", "keys", "latency_stats", "timer_list", "timer_stats"].map(
    (name) => `/proc/${name}`,
  ),
  ...["/proc/sched_debug", "/proc/scsi", "/sys/firmware"],
];
const readonlyPaths = ["bus", "fs", "irq", "sys", "sysrq-trigger"].map((name) => `/proc/${name}`);

function securityOf(host: Settings): string[] {
  const options = host.list("securityopt").map(textOf);
  const gaining = options.filter((option) => option.startsWith("no-new-privileges"));
  const isKept = gaining.length > 0 && gaining.every((option) => noNewPrivileges.test(option));
  const said = options
    .filter((option) => !gaining.includes(option))
    // An equals sign counts before a colon, as the engine reads it.
    .map((option) => (option.includes("=") ? option : option.replace(":", "=")))
    .filter((option) => !usualFilters.has(option));
  const unsaid = filters.filter((key) => !said.some((option) => option.startsWith(`${key}=`)));
  return [
    ...said,
    ...unsaid.map((key) => `${key}=default`),
    ...(isKept ? [] : ["no-new-privileges=false"]),
    ...openPaths("unmasked", maskedPaths, host.get("maskedpaths")),
    ...openPaths("writable", readonlyPaths, host.get("readonlypaths")),
  ];
}

/** Of paths that an engine closes by itself those that a list leaves open; no list: it closes all. */
function openPaths(what: string, usual: readonly string[], lists: readonly unknown[]): string[] {
  return lists.flatMap((list) => {
    const closed = new Set(entriesOf(list).map(textOf));
    return usual.filter((path) => !closed.has(path)).map((path) => `${what}=${path}`);
  });
}

/** Names of what the engine takes by itself. */
const usualRuntimes = new Set(["", "runc", "crun", "oci", "io.containerd.runc.v2"]);
/** Limits, and what stays in the container; and what is read above. */
const harmless = new Set(
  [
    "autoremove blkiodevicereadbps blkiodevicereadiops blkiodevicewritebps blkiodevicewriteiops blkioweight",
    "blkioweightdevice consolesize containeridfile cpucount cpupercent cpuperiod cpuquota cpurealtimeperiod",
    "cpurealtimeruntime cpushares cpusetcpus cpusetmems dns dnsoptions dnssearch extrahosts groupadd",
    "iomaximumbandwidth iomaximumiops init isolation kernelmemory kernelmemorytcp links logconfig memory",
    "memoryreservation memoryswap memoryswappiness nanocpus oomkilldisable oomscoreadj pidslimit portbindings",
    "publishallports readonlyrootfs restartpolicy shmsize storageopt tmpfs ulimits",
    "privileged binds mounts volumesfrom networkmode pidmode ipcmode utsmode usernsmode cgroupnsmode capadd",
    "capdrop devices devicerequests devicecgrouprules securityopt maskedpaths readonlypaths runtime",
  ].flatMap((line) => line.split(" ")),
);
/** Parameters of the kernel that every container has of its own. */
const ownSysctl =
  /^(net\.|fs\.mqueue\.|kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced|domainname|hostname)$)/;

function othersOf(host: unknown): string[] {
  const others = Object.entries(Object(host)).filter(([key]) => !harmless.has(folded(key)));
  return others.flatMap(([key, value]) => {
    if (!says(value) || (folded(key) === "volumedriver" && value === "local")) return [];
    if (typeof value !== "object") return [`${key}=${textOf(value)}`];
    if (Array.isArray(value)) return value.map((one) => `${key}=${textOf(one)}`);
    return Object.entries(Object(value)).flatMap(([name, inner]) =>
      folded(key) === "sysctls" && ownSysctl.test(name) ? [] : [`${key}.${name}=${textOf(inner)}`],
    );
  });
}

/** Whether a container that has the first has the second, too. */
function covers(has: Power, { rule, value }: Power): boolean {
  if (has.rule === "privileged" && ["capabilities", "devices", "security"].includes(rule)) {
    return true;
  }
  if (has.rule !== rule) return false;
  return (
    has.value === value ||
    (rule === "capabilities" && has.value === "ALL") ||
    (rule === "mounts" && value === `${has.value}:ro`) ||
    (rule === "security" && unfiltered.has(has.value) && value.startsWith(kindOf(has.value)))
  );
}

/** A container that is not filtered at all: any filter is less. */
const unfiltered = new Set(["seccomp=unconfined", "apparmor=unconfined", "label=disable"]);
const kindOf = (option: string) => `${option.split("=")[0]}=`;
