import type { NewConfig } from "../container/config.ts";
import type { NetworkSettings } from "../container/networks.ts";
import type { ContainerInspection } from "../inspection.ts";

/** The only network without name resolution. */
const defaultNetwork = "bridge";

/**
 * Why a second container of this configuration cannot run in parallel with the first, as the end of a
 * sentence with "because …"; null where no reason is known.
 */
export function sideBySideObstacle(config: NewConfig): string | null {
  return exclusiveResource(config) ?? sharedHostName(config);
}

/**
 * The engine makes a host name an alias in every network with name resolution, and that cannot be turned
 * off.
 */
function sharedHostName({ body, networks }: NewConfig): string | null {
  const network = Object.keys(networks.endpoints).find((name) => name !== defaultNetwork);
  if (!body.Hostname || network === undefined) return null;
  return `its host name ${body.Hostname} is also its name in the network ${network}, where the new one would be found by it before it is ready`;
}

/** What two containers of this configuration would both need, but only one can have. */
function exclusiveResource({ body, networks }: NewConfig): string | null {
  const { NetworkMode: mode = "default", PortBindings: bindings } = body.HostConfig;
  if (mode === "host") return "it uses the host's network, where both would need the same ports";
  if (mode.startsWith("container:")) {
    return `it shares the network of ${mode.slice("container:".length)}, where both would need the same ports`;
  }
  for (const [port, hosts] of Object.entries(bindings ?? {})) {
    const fixed = (hosts ?? []).find(({ HostPort: host }) => isFixed(host));
    if (fixed !== undefined) {
      return `its port ${port} is published on the host's port ${fixed.HostPort}, which only one container can hold`;
    }
  }
  for (const [network, { IPAMConfig: ipam, MacAddress: mac }] of Object.entries(
    networks.endpoints,
  )) {
    const address = ipam?.IPv4Address ?? ipam?.IPv6Address;
    if (address !== undefined) {
      return `it has the fixed address ${String(address)} in the network ${network}`;
    }
    if (mac !== undefined) return `it has the fixed MAC address ${mac} in the network ${network}`;
  }
  if (body.MacAddress) return `it has the fixed MAC address ${body.MacAddress}`;
  return null;
}

/**
 * Whether the next container may start as soon as this one's process has ended, while the engine still
 * cleans up after it: not where both need a resource that only one can have, such as a port, an address,
 * or a volume of a plugin.
 */
export function mayStartDuringCleanup(config: NewConfig, container: ContainerInspection): boolean {
  const { AutoRemove: autoRemove, PortBindings: bindings } = config.body.HostConfig;
  const { Paused: paused, Restarting: restarting } = container.State;
  const published = Object.values(bindings ?? {}).some((hosts) => (hosts ?? []).length > 0);
  const plugins = (container.Mounts ?? []).some(
    ({ Driver: driver }) => driver && driver !== "local",
  );
  return (
    !(autoRemove || published || plugins || paused || restarting) &&
    exclusiveResource(config) === null
  );
}

/** With a range such as `8000-8010` the engine chooses the port. */
function isFixed(hostPort: string | undefined): boolean {
  return hostPort !== undefined && hostPort !== "" && hostPort !== "0" && !hostPort.includes("-");
}

/**
 * The networks of a container that starts beside another, without the names of the service, so that it
 * gets no requests before it is ready.
 */
export function unnamedBeside(networks: NetworkSettings): NetworkSettings {
  const endpoints = Object.entries(networks.endpoints).map(
    ([network, { Aliases: _, ...settings }]) => [network, settings] as const,
  );
  return { ...networks, endpoints: Object.fromEntries(endpoints) };
}

/**
 * The same networks with all names, and the service's container name as an alias: so the name is
 * resolved without a gap while it is moved from one container to the other.
 */
export function namedWhileBeside(
  networks: NetworkSettings,
  containerName: string,
): NetworkSettings {
  const endpoints = Object.entries(networks.endpoints).map(([network, settings]) => {
    if (network === defaultNetwork) return [network, settings] as const;
    const aliases = new Set([...(settings.Aliases ?? []), containerName]);
    return [network, { ...settings, Aliases: [...aliases] }] as const;
  });
  return { ...networks, endpoints: Object.fromEntries(endpoints) };
}
