import type { ContainerInspection, Endpoint } from "../inspection.ts";

/** What a user may set for one network of a container; nothing that the engine assigned. */
export interface EndpointSettings {
  IPAMConfig?: Record<string, unknown>;
  Links?: string[];
  Aliases?: string[];
  DriverOpts?: Record<string, string>;
  MacAddress?: string;
  GwPriority?: number;
}

export interface NetworkSettings {
  /** by network name; empty where the container shares another network namespace or has none */
  endpoints: Record<string, EndpointSettings>;
  /** the network that `HostConfig.NetworkMode` names, null if the container has left it */
  primary: string | null;
}

/** Since this API version a container may be created with several networks, and MAC addresses are per network. */
export const severalAtCreate = "1.44";

/** Whether the container has a network namespace of its own with networks in it. */
export function hasOwnNetworks(networkMode: string): boolean {
  return !/^(host|none|container:.*)$/.test(networkMode);
}

/**
 * The networks of a container as its user configured them. `macAddresses`, by network, are those
 * that the user asked for: what an endpoint shows may be a generated one (see mac-addresses.ts).
 */
export function userNetworks(
  container: ContainerInspection,
  apiVersion: string,
  macAddresses: Readonly<Record<string, string>>,
): NetworkSettings {
  const mode = container.HostConfig.NetworkMode ?? "default";
  if (!hasOwnNetworks(mode)) return { endpoints: {}, primary: null };
  const networks = Object.entries(container.NetworkSettings.Networks ?? {});
  const primary = primaryNetwork(mode, networks);
  const endpoints: Record<string, EndpointSettings> = {};
  for (const [name, endpoint] of networks) {
    const settings = userEndpoint(container, endpoint, apiVersion);
    const mac = macAddresses[name];
    if (mac !== undefined && atLeast(apiVersion, severalAtCreate)) settings.MacAddress = mac;
    endpoints[name] = settings;
  }
  return { endpoints, primary };
}

/** The network that the mode names; null if the container has left it. */
export function primaryNetwork(mode: string, networks: [string, Endpoint][]): string | null {
  const wanted = mode === "default" || mode === "" ? "bridge" : mode;
  const found = networks.find(
    ([name, { NetworkID: id }]) => name === wanted || (id ? id.startsWith(wanted) : false),
  );
  if (found !== undefined) return found[0];
  // Before its first start a container made with a network's id shows only that network's name.
  const byId = /^[0-9a-f]{12,64}$/.test(wanted) && networks.every(([, { NetworkID: id }]) => !id);
  return byId ? (networks[0]?.[0] ?? null) : null;
}

function userEndpoint(
  container: ContainerInspection,
  endpoint: Endpoint,
  apiVersion: string,
): EndpointSettings {
  const settings: EndpointSettings = {};
  const generated = new Set([container.Id.slice(0, 12)]);
  // This version alone lists the host name among the aliases, where it is a DNS name anyway.
  if (sameVersion(apiVersion, "1.44") && container.Config.Hostname) {
    generated.add(container.Config.Hostname);
  }
  const aliases = (endpoint.Aliases ?? []).filter((alias) => !generated.has(alias));
  if (aliases.length > 0) settings.Aliases = aliases;
  const addresses = Object.entries(endpoint.IPAMConfig ?? {}).filter(
    ([, value]) => value !== "" && value !== null && !(Array.isArray(value) && value.length === 0),
  );
  if (addresses.length > 0) settings.IPAMConfig = Object.fromEntries(addresses);
  if (endpoint.Links?.length) settings.Links = endpoint.Links;
  if (Object.keys(endpoint.DriverOpts ?? {}).length > 0) {
    settings.DriverOpts = endpoint.DriverOpts ?? {};
  }
  if (endpoint.GwPriority) settings.GwPriority = endpoint.GwPriority;
  return settings;
}

/** How a container gets its networks: what goes into its creation, and what is done before its start. */
export interface NetworkSteps {
  atCreate: Record<string, EndpointSettings>;
  connect: { network: string; settings: EndpointSettings }[];
  /** joined by creation although the container is not to have it */
  disconnect: string[];
}

/** Divides networks over the steps that an engine of this API version needs. */
export function networkSteps(
  { endpoints, primary }: NetworkSettings,
  networkMode: string,
  apiVersion: string,
): NetworkSteps {
  const entries = Object.entries(endpoints);
  if (!hasOwnNetworks(networkMode)) return { atCreate: {}, connect: [], disconnect: [] };
  const connectable = entries.map(([network, settings]) => ({ network, settings }));
  if (primary === null) {
    // Created on the network of its mode like any other, which the user has taken it off since.
    const joined = networkMode === "default" || networkMode === "" ? "bridge" : networkMode;
    return { atCreate: {}, connect: connectable, disconnect: [joined] };
  }
  if (atLeast(apiVersion, severalAtCreate)) {
    return { atCreate: endpoints, connect: [], disconnect: [] };
  }
  return {
    atCreate: { [primary]: endpoints[primary] ?? {} },
    connect: connectable.filter(({ network }) => network !== primary),
    disconnect: [],
  };
}

/** `1.44` is after `1.9`. */
export function atLeast(version: string, minimum: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = minimum.split(".").map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

function sameVersion(a: string, b: string): boolean {
  return atLeast(a, b) && atLeast(b, a);
}
