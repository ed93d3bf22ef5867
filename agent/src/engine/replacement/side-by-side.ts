import type { NewConfig } from "../container/config.ts";
import type { NetworkSettings } from "../container/networks.ts";
import type { ContainerInspection } from "../inspection.ts";

/** The one network that resolves no names. */
const defaultNetwork = "bridge";

/**
 * Why a second container of this configuration cannot run beside the first, as the end of
 * "because …"; null where nothing is known to stand against it.
 */
export function sideBySideObstacle(config: NewConfig): string | null {
  return sharedNeed(config) ?? sharedName(config);
}

/** The engine makes a host name an alias in every network that resolves names, whatever is asked of it. */
function sharedName({ body, networks }: NewConfig): string | null {
  const network = Object.keys(networks.endpoints).find((name) => name !== defaultNetwork);
  if (!body.Hostname || network === undefined) return null;
  return `its host name ${body.Hostname} is also its name in the network ${network}, where the new one would be found by it before it is ready`;
}

/** What two containers of this configuration would both need of the engine, and only one can have. */
function sharedNeed({ body, networks }: NewConfig): string | null {
  const { NetworkMode: mode = "default", PortBindings: bindings } = body.HostConfig;
  if (mode === "host") return "it uses the host's network, where two would want the same ports";
  if (mode.startsWith("container:")) {
    return `it shares the network of ${mode.slice("container:".length)}, where two would want the same ports`;
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
 * Whether a successor may start as soon as this container's process has ended, while the engine
 * still takes down what it leaves: not where both need the same thing of the engine, such as a
 * port, an address, or a volume that a plugin gives to one at a time.
 */
export function mayFollowClosely(config: NewConfig, container: ContainerInspection): boolean {
  const { AutoRemove: autoRemove, PortBindings: bindings } = config.body.HostConfig;
  const { Paused: paused, Restarting: restarting } = container.State;
  const published = Object.values(bindings ?? {}).some((hosts) => (hosts ?? []).length > 0);
  const plugins = (container.Mounts ?? []).some(
    ({ Driver: driver }) => driver && driver !== "local",
  );
  return (
    !(autoRemove || published || plugins || paused || restarting) && sharedNeed(config) === null
  );
}

/** A range such as `8000-8010` leaves the engine a choice. */
function isFixed(hostPort: string | undefined): boolean {
  return hostPort !== undefined && hostPort !== "" && hostPort !== "0" && !hostPort.includes("-");
}

/**
 * The networks of a container that is to start beside another, without the names that clients
 * find the service by: it must not be asked anything before it is ready.
 */
export function unnamedBeside(networks: NetworkSettings): NetworkSettings {
  const endpoints = Object.entries(networks.endpoints).map(
    ([network, { Aliases: _, ...settings }]) => [network, settings] as const,
  );
  return { ...networks, endpoints: Object.fromEntries(endpoints) };
}

/**
 * The same networks with all names, and the service's container name as one of them: the
 * container answers to it already while the name itself passes from one to the other.
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
