import type { Power } from "./power.ts";
import { type Settings, textsOf, valueText } from "./values.ts";

/** What the kernel lets a container's processes do: capabilities, and the filters around them. */

/** What a container has without any setting. */
const usualCapabilities =
  "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split(
    " ",
  );
const otherCapabilities =
  "AUDIT_CONTROL AUDIT_READ BLOCK_SUSPEND BPF CHECKPOINT_RESTORE DAC_READ_SEARCH IPC_LOCK IPC_OWNER LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE NET_ADMIN NET_BROADCAST PERFMON SYS_ADMIN SYS_BOOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG SYSLOG WAKE_ALARM".split(
    " ",
  );

/** As the engine puts them together; `ALL` stands for all that the host's kernel knows. */
export function capabilitiesOf(host: Settings): Power[] {
  const added = host.readings("CapAdd").flatMap(capabilities);
  const drops = host.readings("CapDrop").map((reading) => new Set(capabilities(reading)));
  const dropped = new Set(
    [...(drops[0] ?? [])].filter((one) => drops.every((set) => set.has(one))),
  );
  const addsAll = added.includes("ALL");
  // Where all are added, it means nothing to drop "ALL".
  const dropsSome = [...dropped].some((one) => one !== "ALL");
  if (addsAll && !dropsSome) return [{ rule: "capabilities", value: "ALL" }];
  const base = addsAll ? [...usualCapabilities, ...otherCapabilities] : usualCapabilities;
  const kept =
    dropped.has("ALL") && !addsAll ? [] : [...base, ...added].filter((one) => !dropped.has(one));
  // Where all are dropped, those that are added count, whatever else is dropped.
  const alone = drops.some((set) => set.has("ALL")) ? added : [];
  return [...new Set([...kept, ...alone])]
    .filter((one) => one !== "ALL")
    .map((one) => ({ rule: "capabilities", value: valueText(one) }));
}

function capabilities(names: unknown): string[] {
  return textsOf(names).map((name) => name.toUpperCase().replace(/^CAP_/, ""));
}

/** The kinds of options of which a container has exactly one, and what it has without a setting. */
const filters = ["seccomp", "apparmor", "label"];
/** Other words for what a container has without a setting. */
const usualFilters = new Set(["seccomp=builtin", "apparmor=docker-default"]);

export function securityOf(host: Settings): Power[] {
  const open = (what: string, usual: readonly string[], name: string) =>
    host.readings(name).flatMap((list) => openPaths(what, usual, list));
  return [
    ...host.readings("SecurityOpt").flatMap(optionTexts),
    ...open("unmasked", maskedPaths, "MaskedPaths"),
    ...open("writable", readonlyPaths, "ReadonlyPaths"),
  ].map((value) => ({ rule: "security", value }));
}

function optionTexts(options: unknown): string[] {
  const values: string[] = [];
  let mayGainPrivileges = true;
  const seen = new Set<string>();
  for (const option of textsOf(options)) {
    const { key, value } = splitOption(option);
    if (key === "no-new-privileges") {
      // Of several the engine takes the last one; it is only believed if all say the same.
      mayGainPrivileges = seen.has(key) ? mayGainPrivileges || isNo(value) : isNo(value);
      seen.add(key);
    } else if (
      !usualFilters.has(`${key}=${value}`) &&
      !(key === "writable-cgroups" && isNo(value))
    ) {
      seen.add(key);
      values.push(`${valueText(key)}=${valueText(value)}`);
    }
  }
  for (const key of filters) if (!seen.has(key)) values.push(`${key}=default`);
  if (mayGainPrivileges) values.push("no-new-privileges=false");
  return values;
}

function splitOption(option: string): { key: string; value: string } {
  // An equals sign counts before a colon, as the engine reads it.
  const at = option.includes("=") ? option.indexOf("=") : option.indexOf(":");
  if (at < 0) return { key: option, value: "true" };
  return { key: option.slice(0, at), value: option.slice(at + 1) };
}

function isNo(value: string): boolean {
  return !["true", "1", "t", "T", "TRUE", "True"].includes(value);
}

/** Paths of the kernel's own that every engine hides, or keeps from being written. */
const maskedPaths = [
  ...["asound", "acpi", "kcore", "keys", "latency_stats", "timer_list", "timer_stats"].map(
    (name) => `/proc/${name}`,
  ),
  ...["/proc/sched_debug", "/proc/scsi", "/sys/firmware"],
];
const readonlyPaths = ["bus", "fs", "irq", "sys", "sysrq-trigger"].map((name) => `/proc/${name}`);

/** Of paths that an engine closes by itself those that the list leaves open; no list: it closes all. */
function openPaths(what: string, usual: readonly string[], list: unknown): string[] {
  if (list === undefined || list === null) return [];
  const closed = new Set(textsOf(list));
  return usual.filter((path) => !closed.has(path)).map((path) => `${what}=${path}`);
}
