import type { ContainerInspection, Endpoint, ProcessConfig } from "../src/engine/inspection.ts";
import type { Testbed, TestImage } from "./real-engine.ts";

/** Begins every hardware address that a test asks for; any other one is of the engine's making. */
export const macPrefix = "02:11:22:";

/** Two images that differ in every default that an image can set. */
export interface ImagePair {
  one: TestImage;
  two: TestImage;
  oneConfig: ProcessConfig;
  twoConfig: ProcessConfig;
}

export async function imagePair(bed: Testbed): Promise<ImagePair> {
  const one = await bed.image(
    "pair-one",
    ...['ENTRYPOINT ["env"]', 'CMD ["serve"]', "ENV VERSION=1", "ENV ONE=1", "ENV BOTH=same"],
    ...["LABEL made=one", "LABEL one=yes", "EXPOSE 8080", "EXPOSE 8081", "VOLUME /data"],
    ...["WORKDIR /tmp", "STOPSIGNAL SIGTERM"],
    'HEALTHCHECK --interval=100s --timeout=10s --retries=4 CMD ["true"]',
  );
  const two = await bed.image(
    "pair-two",
    ...['ENTRYPOINT ["env", "SECOND=1"]', 'CMD ["sh", "/bin/serve"]', "ENV VERSION=2", "ENV TWO=2"],
    ...["ENV BOTH=same", "LABEL made=two", "LABEL two=yes", "EXPOSE 8080", "EXPOSE 8082"],
    ...["VOLUME /data", "VOLUME /more", "WORKDIR /etc", "STOPSIGNAL SIGINT"],
    'HEALTHCHECK --interval=200s --timeout=20s --start-period=5s CMD ["test", "-d", "/"]',
  );
  const config = async ({ id }: TestImage): Promise<ProcessConfig> =>
    JSON.parse(await bed.docker("image", "inspect", id, "--format", "{{json .Config}}"));
  return { one, two, oneConfig: await config(one), twoConfig: await config(two) };
}

/**
 * What `before` must look like on the second image. `own` names what the user set, such as
 * `Env.VERSION`, `Healthcheck.Interval` or `Cmd`; everything else follows the image.
 */
export function expectedAfter(
  before: ContainerInspection,
  { two, oneConfig, twoConfig }: ImagePair,
  own: readonly string[],
): unknown {
  const isOwn = (field: string): boolean => own.includes(field);
  const config = { ...before.Config };
  config.Image = two.reference;
  for (const field of ["User", "WorkingDir", "StopSignal", "Entrypoint", "Cmd"] as const) {
    if (!isOwn(field)) Object.assign(config, { [field]: twoConfig[field] ?? "" });
  }
  config.Env = mergedEnvironment(before.Config, oneConfig, twoConfig, isOwn);
  for (const field of ["Labels", "ExposedPorts", "Volumes", "Healthcheck"] as const) {
    config[field] = mergedKeys(field, before.Config, oneConfig, twoConfig, isOwn) as never;
  }
  const destinations = new Set(before.Mounts?.map(({ Destination: path }) => path));
  const more = Object.keys(twoConfig.Volumes ?? {}).filter((path) => !destinations.has(path));
  return comparable({ ...before, Config: config }, before.Id, more);
}

function mergedEnvironment(
  before: ProcessConfig,
  one: ProcessConfig,
  two: ProcessConfig,
  isOwn: (field: string) => boolean,
): string[] {
  const key = (entry: string): string => entry.split("=")[0] ?? "";
  const kept = (before.Env ?? []).filter((entry) => isOwn(`Env.${key(entry)}`));
  const known = new Set((one.Env ?? []).map(key));
  for (const entry of before.Env ?? []) {
    if (!kept.includes(entry) && !known.has(key(entry))) throw new Error(`Whose is ${entry}?`);
  }
  const taken = new Set(kept.map(key));
  return [...kept, ...(two.Env ?? []).filter((entry) => !taken.has(key(entry)))];
}

function mergedKeys(
  field: "Labels" | "ExposedPorts" | "Volumes" | "Healthcheck",
  before: ProcessConfig,
  one: ProcessConfig,
  two: ProcessConfig,
  isOwn: (field: string) => boolean,
): Record<string, unknown> | undefined {
  const of = (config: ProcessConfig): Record<string, unknown> => ({ ...config[field] });
  const merged = of(two);
  for (const [key, value] of Object.entries(of(before))) {
    if (isOwn(`${field}.${key}`) || isOwn(field)) merged[key] = value;
    else if (!(key in of(one))) throw new Error(`Whose is ${field}.${key}?`);
  }
  return Object.keys(merged).length === 0 ? undefined : merged;
}

/**
 * A container as far as its user could care: what the engine chooses for each container is
 * left out, and what may be written in several ways is written in one.
 * `unlike`: destinations of volumes that are new.
 */
export function comparable(
  container: ContainerInspection,
  id = container.Id,
  newVolumes: readonly string[] = [],
): unknown {
  const { Config: config, HostConfig: host, State: state } = container;
  const anonymous = anonymousNames(container);
  const mounts = (container.Mounts ?? []).map(({ Type, Name, Destination, RW, Mode }) => ({
    Type,
    Name: newVolumes.includes(Destination) ? "new" : (Name ?? ""),
    Destination,
    RW,
    // A bind by name shows the default mode that a volume of an image does not.
    Mode: Type === "volume" && (Mode === "z" || Mode === "") ? "" : Mode,
  }));
  const binds = (host.Binds ?? []).filter((bind) => !anonymous.has(bind.split(":")[0] ?? ""));
  const hostMounts = (host.Mounts ?? []).map((mount) =>
    anonymous.has(mount.Source ?? "") ? { ...mount, Source: undefined } : mount,
  );
  return {
    Config: {
      ...config,
      Hostname: config.Hostname === id.slice(0, 12) ? "short id" : config.Hostname,
      Env: [...(config.Env ?? [])].sort(),
      Entrypoint: config.Entrypoint ?? [],
      Cmd: config.Cmd ?? [],
    },
    HostConfig: {
      ...host,
      Binds: binds,
      Mounts: hostMounts,
      Links: host.Links?.slice().sort() ?? null,
      ...emptyAlike(host, ["PortBindings", "Dns", "DnsOptions", "DnsSearch", "Devices"]),
    },
    Mounts: sortedBy(mounts, "Destination"),
    Networks: Object.fromEntries(
      Object.entries(container.NetworkSettings.Networks ?? {}).map(([name, endpoint]) => [
        name,
        comparableEndpoint(endpoint, container.Id),
      ]),
    ),
    State: { Running: state.Running, Paused: state.Paused },
  };
}

function emptyAlike(of: Record<string, unknown>, fields: string[]): Record<string, unknown> {
  const isEmpty = (value: unknown): boolean =>
    value === null || value === undefined || Object.keys(value as object).length === 0;
  return Object.fromEntries(fields.map((field) => [field, isEmpty(of[field]) ? [] : of[field]]));
}

/** Volumes that the engine named by itself. */
function anonymousNames(container: ContainerInspection): Set<string> {
  const names = (container.Mounts ?? []).map(({ Name: name }) => name ?? "");
  return new Set(names.filter((name) => /^[0-9a-f]{64}$/.test(name)));
}

function comparableEndpoint(endpoint: Endpoint, id: string): unknown {
  const { IPAMConfig: ipam, Links: links, Aliases: aliases, DriverOpts: options } = endpoint;
  const addresses = Object.entries(ipam ?? {}).filter(([, value]) => value !== "");
  const asked = (field: string): boolean => addresses.some(([name]) => name === field);
  return {
    IPAMConfig: Object.fromEntries(addresses),
    Links: links ?? [],
    Aliases: aliasesBut(id, aliases).sort(),
    DriverOpts: options ?? {},
    // Only what was asked for stays the same.
    IPAddress: asked("IPv4Address") ? endpoint.IPAddress : "assigned",
    GlobalIPv6Address: asked("IPv6Address") ? endpoint.GlobalIPv6Address : "assigned",
    MacAddress: endpoint.MacAddress?.startsWith(macPrefix) ? endpoint.MacAddress : "generated",
    GwPriority: endpoint.GwPriority ?? 0,
  };
}

/** The aliases of a container on a network, without the one that an engine up to 24 adds itself. */
export function givenAliases(container: ContainerInspection, network: string): string[] {
  return aliasesBut(container.Id, container.NetworkSettings.Networks?.[network]?.Aliases);
}

function aliasesBut(id: string, aliases: readonly string[] | null | undefined): string[] {
  return (aliases ?? []).filter((alias) => alias !== id.slice(0, 12));
}

function sortedBy<K extends string, T extends Record<K, string>>(list: T[], key: K): T[] {
  return [...list].sort((a, b) => (a[key] < b[key] ? -1 : 1));
}
