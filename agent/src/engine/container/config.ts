import type { ConfigChange, ContainerSpec } from "@bridgeport/proto";
import type {
  ContainerInspection,
  HostConfig,
  ImageInspection,
  ProcessConfig,
} from "../inspection.ts";
import { composeImageLabel, composeLabels, composeOverrides } from "./compose-labels.ts";
import { configChanges } from "./config-changes.ts";
import { withImageDefaults, withoutImageDefaults } from "./image-defaults.ts";
import { type MacAddresses, shownMacAddresses } from "./mac-addresses.ts";
import { atLeast, type NetworkSettings, severalAtCreate, userNetworks } from "./networks.ts";
import { anonymousVolumes, bindByName } from "./volumes.ts";

/**
 * The configuration of a container that replaces another one: everything that is the user's,
 * nothing that was the old image's default or that the engine assigned while the old one ran.
 */

/** The create body as the engine takes it, but with all networks, whatever the engine's version. */
export interface CreateBody extends ProcessConfig {
  HostConfig: HostConfig;
  NetworkingConfig: { EndpointsConfig: NetworkSettings["endpoints"] };
}

export interface ConfigOptions {
  /** what the new container is created from, `name:tag@sha256:…` */
  reference: string;
  /** the engine's, such as `1.41` */
  apiVersion: string;
  /**
   * Names of containers by full id, for `container:<id>`; where one is being replaced, its service's
   * name, and that also by the name which the replaced one has now.
   */
  containerNames?: ReadonlyMap<string, string>;
  /** volumes that come with `--volumes-from`, by name */
  volumesFromOthers?: ReadonlySet<string>;
  /** undefined: as far as the container's inspection tells them for certain */
  macAddresses?: MacAddresses;
  /** the engine machine's host name, which a container in the host's network gets by default */
  engineHostname?: string | null;
}

export interface NewConfig {
  body: CreateBody;
  networks: NetworkSettings;
  changes: ConfigChange[];
}

/**
 * The new container's configuration. `oldImage` is the image that `container` was created from,
 * null if the engine no longer has it: then nothing can be told to be a default and all of it is kept.
 */
export function newContainerConfig(
  container: ContainerInspection,
  oldImage: ImageInspection | null,
  newImage: ImageInspection,
  options: ConfigOptions,
): NewConfig {
  const oldDefaults = oldImage?.Config ?? {};
  const newDefaults = newImage.Config ?? {};
  const own = withoutImageDefaults(container.Config, oldDefaults);
  const labels = { ...own.Labels, ...composeLabels(container.Config.Labels) };
  if (Object.keys(labels).length > 0) own.Labels = labels;
  const networkMode = container.HostConfig.NetworkMode ?? "default";

  if (!hostnameIsOwn(container, options.engineHostname ?? null)) delete own.Hostname;
  const mac = container.Config.MacAddress || null;
  const macs = options.macAddresses ?? shownMacAddresses(container, options.apiVersion, mac);
  delete own.MacAddress;
  if (mac !== null && !atLeast(options.apiVersion, severalAtCreate)) own.MacAddress = mac;
  forImage(own, container.HostConfig, newImage, options);

  const volumes = anonymousVolumes(container, options.volumesFromOthers);
  const names = options.containerNames ?? new Map();
  const hostConfig = bindByName(withNames(container.HostConfig, names), volumes);
  const networks = userNetworks(container, options.apiVersion, macs.configured);
  const body: CreateBody = {
    ...own,
    HostConfig: hostConfig,
    NetworkingConfig: { EndpointsConfig: networks.endpoints },
  };
  const changes = configChanges({
    before: container.Config,
    own,
    after: withImageDefaults(own, newDefaults),
    hostConfigBefore: container.HostConfig,
    hostConfig,
    volumes,
    networks: networkMode === "default" ? withoutBareBridge(networks) : networks,
    unknownMacAddresses: macs.unknown,
  });
  return { body, networks, changes };
}

/** A create body of the user's own settings, for this image. */
export function configFromSpec(
  spec: ContainerSpec,
  newImage: ImageInspection,
  options: Pick<ConfigOptions, "reference"> & {
    /** the name of the network that the mode names by id */
    networkOfMode?: string | null;
  },
): NewConfig {
  const { HostConfig, NetworkingConfig, ...config } = spec as Partial<CreateBody>;
  const own = { ...config };
  forImage(own, HostConfig ?? {}, newImage, options);
  const hostConfig = withNames(HostConfig ?? {}, new Map());
  const endpoints = NetworkingConfig?.EndpointsConfig ?? {};
  const primary = primaryOfSpec(hostConfig, Object.keys(endpoints), options.networkOfMode ?? null);
  const networks = { endpoints, primary };
  const body: CreateBody = {
    ...own,
    HostConfig: hostConfig,
    NetworkingConfig: { EndpointsConfig: endpoints },
  };
  const changes = configChanges({
    before: {},
    own,
    after: withImageDefaults(own, newImage.Config ?? {}),
    hostConfigBefore: {},
    hostConfig,
    volumes: [],
    networks,
    unknownMacAddresses: {},
  });
  return { body, networks, changes };
}

/** What of the user's own settings is said in other words on another image. */
function forImage(
  own: ProcessConfig,
  { PortBindings: bindings }: HostConfig,
  newImage: ImageInspection,
  { reference }: Pick<ConfigOptions, "reference">,
): void {
  own.Image = reference;
  const overrides = composeOverrides(own.Labels, newImage.Config?.Labels);
  if (Object.keys(overrides).length > 0) own.Labels = { ...own.Labels, ...overrides };
  if (own.Labels?.[composeImageLabel] !== undefined) {
    own.Labels = { ...own.Labels, [composeImageLabel]: newImage.Id };
  }
  // The engine publishes exposed ports only, and the new image need not expose what the old one did.
  const published = Object.keys(bindings ?? {}).map((port) => [port, {}]);
  if (published.length > 0) {
    own.ExposedPorts = { ...own.ExposedPorts, ...Object.fromEntries(published) };
  }
}

function primaryOfSpec(
  hostConfig: HostConfig,
  networks: string[],
  networkOfMode: string | null,
): string | null {
  const mode = hostConfig.NetworkMode ?? "";
  if (networks.includes(mode)) return mode;
  if (networkOfMode !== null && networks.includes(networkOfMode)) return networkOfMode;
  if (mode === "" || mode === "default") {
    if (networks.length === 0) return "bridge";
    // Without a mode the first network given is the one to be created on.
    const first = networks.includes("bridge") ? "bridge" : networks[0];
    if (first !== undefined && mode === "" && first !== "bridge") hostConfig.NetworkMode = first;
    return first ?? null;
  }
  return networks.length === 0 ? mode : null;
}

/**
 * Whether the host name was set by the user. By default it is the short id, in the host's network
 * the host's name, and in another container's network that container's.
 */
function hostnameIsOwn(container: ContainerInspection, engineHostname: string | null): boolean {
  const { Hostname: hostname } = container.Config;
  const { NetworkMode: network = "", UTSMode: uts = "" } = container.HostConfig;
  if (!hostname || hostname === container.Id.slice(0, 12)) return false;
  if (network.startsWith("container:") || uts === "host") return false;
  return !(network === "host" && hostname === engineHostname);
}

/** References to other containers by name, so that they outlive those containers' replacement. */
function withNames(hostConfig: HostConfig, names: ReadonlyMap<string, string>): HostConfig {
  const named = { ...hostConfig };
  for (const field of ["NetworkMode", "IpcMode", "PidMode"] as const) {
    const mode = hostConfig[field];
    if (mode === undefined) continue;
    const id = referencedContainer(mode);
    if (id !== null) named[field] = `container:${nameOf(id, names)}`;
  }
  if (hostConfig.VolumesFrom) {
    named.VolumesFrom = hostConfig.VolumesFrom.map((entry) => {
      const [id = "", ...mode] = entry.split(":");
      return [nameOf(id, names), ...mode].join(":");
    });
  }
  if (hostConfig.Links) {
    // The engine tells them in any order.
    named.Links = hostConfig.Links.map((link) => {
      const [target = "", ...alias] = linkArgument(link).split(":");
      return [names.get(target) ?? target, ...alias].join(":");
    }).sort();
  }
  return named;
}

/** The container that a network, IPC or PID mode names; null where it names none. */
export function referencedContainer(mode: string): string | null {
  return mode.startsWith("container:") ? mode.slice("container:".length) : null;
}

/** An id may be given in short; a name is never taken for one, as ids are looked for whole first. */
export function nameOf(idOrName: string, names: ReadonlyMap<string, string>): string {
  const exact = names.get(idOrName);
  if (exact !== undefined) return exact;
  if (!/^[0-9a-f]{12,63}$/.test(idOrName)) return idOrName;
  for (const [id, name] of names) if (id.startsWith(idOrName)) return name;
  return idOrName;
}

/** The engine shows a link as `/target:/own-name/alias` and takes it as `target:alias`. */
export function linkArgument(link: string): string {
  const [target = "", alias = ""] = link.split(":");
  const name = target.replace(/^\//, "");
  const last = alias.slice(alias.lastIndexOf("/") + 1);
  return last === "" ? name : `${name}:${last}`;
}

/** The network that every container is in is nothing to tell of. */
function withoutBareBridge(networks: NetworkSettings): NetworkSettings {
  const { bridge, ...others } = networks.endpoints;
  if (bridge === undefined || Object.keys(bridge).length > 0) return networks;
  return { ...networks, endpoints: others };
}
