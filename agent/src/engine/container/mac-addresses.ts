import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Engine, parseDockerHost } from "../client.ts";
import { type ContainerInspection, type Endpoint, inspectAs } from "../inspection.ts";
import { atLeast, hasOwnNetworks, primaryNetwork, severalAtCreate } from "./networks.ts";

/**
 * Which MAC addresses of a container its user asked for. The engine shows, for each network, the address
 * that is in use, no matter who chose it, and after a stop none. A generated one must not be copied: two
 * containers with one address cannot run side by side, and it would be fixed from then on. Tried on
 * 20.10, 26.1 and 28.5; an address counts as the user's where
 *
 * - it is the container's own (`Config.MacAddress`): that is the one of the network of its mode, as
 *   it was asked for, whatever the state. API 1.52 and later tell it to older clients only;
 * - the container was never started: until then only what was asked for is shown;
 * - the engine's own record of the container says so, where the agent can read the engine's files:
 *   it keeps the wanted address (`DesiredMacAddress`) apart, also of stopped containers;
 * - the engine's built-in drivers would not have made it. Before API 1.48 they make `02:42:` and the
 *   IPv4 address, since then random ones; both are locally administered (bit 2 of the first byte).
 *
 * Otherwise it is unknown, and the result of the deploy says so.
 */
export interface MacAddresses {
  /** asked for, by network name */
  configured: Readonly<Record<string, string>>;
  /** networks of which nothing says whether the address was asked for, with that address if it is shown */
  unknown: Readonly<Record<string, string | null>>;
}

export const noMacAddresses: MacAddresses = { configured: {}, unknown: {} };

/** Since this API version bridges give random addresses. */
const randomSince = "1.48";
/** Their addresses are made by the engine itself, by the rules above. */
const builtInDrivers: ReadonlySet<string> = new Set(["bridge", "macvlan", "overlay"]);

/** Asks the engine, and only as much as it takes. */
export async function macAddressesOf(
  engine: Engine,
  container: ContainerInspection,
  apiVersion: string,
): Promise<MacAddresses> {
  const ofContainer = atLeast(apiVersion, "1.52")
    ? (await inspectAs(engine, severalAtCreate, container.Id)).Config.MacAddress
    : container.Config.MacAddress;
  const shown = shownMacAddresses(container, apiVersion, ofContainer || null);
  if (Object.keys(shown.unknown).length === 0) return shown;
  const record = await ownRecord(engine, container.Id);
  if (record !== null) {
    const wanted = Object.keys(shown.unknown).flatMap((name) => {
      const mac = record[name];
      return mac ? [[name, mac] as const] : [];
    });
    return { configured: { ...shown.configured, ...Object.fromEntries(wanted) }, unknown: {} };
  }
  const configured = { ...shown.configured };
  const unknown = { ...shown.unknown };
  for (const [name, mac] of Object.entries(shown.unknown)) {
    const endpoint = container.NetworkSettings.Networks?.[name] ?? {};
    const origin = originOf(endpoint, apiVersion);
    if (mac === null || origin === "unknown") continue;
    const network = await engine.docker.getNetwork(name).inspect();
    if (!builtInDrivers.has(String(network.Driver))) continue;
    delete unknown[name];
    if (origin === "configured") configured[name] = mac;
  }
  return { configured, unknown };
}

/** What the inspection alone tells for certain. `ofContainer` is the container's own address, null: none. */
export function shownMacAddresses(
  container: ContainerInspection,
  apiVersion: string,
  ofContainer: string | null,
): MacAddresses {
  const { HostConfig: host, NetworkSettings: settings, State: state } = container;
  const mode = host.NetworkMode ?? "default";
  if (!hasOwnNetworks(mode)) return noMacAddresses;
  const networks = Object.entries(settings.Networks ?? {});
  const primary = primaryNetwork(mode, networks);
  const configured: Record<string, string> = {};
  const unknown: Record<string, string | null> = {};
  // One that could not be started has lost what was shown of it before.
  const untouched = state.StartedAt.startsWith("0001-") && !state.Error;
  for (const [name, { MacAddress: mac }] of networks) {
    if (name === primary) {
      if (ofContainer !== null) configured[name] = ofContainer;
    } else if (!atLeast(apiVersion, severalAtCreate)) {
      // Only the container itself could be given one.
    } else if (untouched) {
      if (mac) configured[name] = mac;
    } else {
      unknown[name] = mac || null;
    }
  }
  return { configured, unknown };
}

/** Who made an address that is in use in a network of a built-in driver. */
export function originOf(
  { MacAddress: mac = "", IPAddress: ip }: Endpoint,
  apiVersion: string,
): "configured" | "generated" | "unknown" {
  const bytes = mac.split(":").map((byte) => Number.parseInt(byte, 16));
  if (ip && mac.toLowerCase() === `02:42:${hexOf(ip)}`) return "generated";
  const locallyAdministered = ((bytes[0] ?? 0) & 2) === 2;
  if (!locallyAdministered) return "configured";
  if (atLeast(apiVersion, randomSince)) return "unknown";
  return ip || !mac.startsWith("02:42:") ? "configured" : "unknown";
}

function hexOf(ip: string): string {
  return ip
    .split(".")
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join(":");
}

/** The addresses asked for, by network, from the engine's files; null where they cannot be read. */
async function ownRecord(engine: Engine, id: string): Promise<Record<string, string> | null> {
  if (!("socketPath" in parseDockerHost(engine.host))) return null;
  const { DockerRootDir: root } = (await engine.docker.info()) as { DockerRootDir?: string };
  if (!root) return null;
  try {
    const text = await readFile(join(root, "containers", id, "config.v2.json"), "utf8");
    return wantedAddresses(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Null for a record of another form than the known one. */
export function wantedAddresses(record: unknown): Record<string, string> | null {
  const networks = entry(entry(record, "NetworkSettings"), "Networks");
  if (typeof networks !== "object" || networks === null) return null;
  const wanted = Object.entries(networks).map(
    ([name, endpoint]) => [name, entry(endpoint, "DesiredMacAddress")] as const,
  );
  if (wanted.some(([, mac]) => typeof mac !== "string")) return null;
  return Object.fromEntries(wanted.filter(([, mac]) => mac !== "")) as Record<string, string>;
}

function entry(of: unknown, key: string): unknown {
  return typeof of === "object" && of !== null ? (of as Record<string, unknown>)[key] : undefined;
}
