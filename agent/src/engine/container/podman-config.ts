import { constants } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { type ConfigChange, type ContainerSpec, serviceName } from "@bridgeport/proto";
import { CommandFailure } from "../../command.ts";
import { type Engine, statusOf } from "../client.ts";
import type {
  ContainerInspection,
  Endpoint,
  Healthcheck,
  HostConfig,
  ImageInspection,
  ProcessConfig,
} from "../inspection.ts";
import { healthcheckOf, isPodmans } from "../podman.ts";
import type { NewConfig } from "./config.ts";
import { withImageDefaults } from "./image-defaults.ts";
import type { PathFacts } from "./layer.ts";

/** How Podman shows and takes a container's configuration, where that differs from Docker. */

/** What Docker calls `bridge`: the network of containers that name none. */
const defaultNetwork = "podman";

interface SpecWithNetworks {
  HostConfig?: HostConfig;
  NetworkingConfig?: { EndpointsConfig?: Record<string, unknown> };
}

/** A specification, which is in Docker's words, for Podman. */
export function specForPodman(spec: ContainerSpec): ContainerSpec {
  const { HostConfig: host, NetworkingConfig: networking } = spec as SpecWithNetworks;
  const mode = host?.NetworkMode;
  const endpoints = Object.entries(networking?.EndpointsConfig ?? {});
  return {
    ...spec,
    HostConfig: { ...host, ...(mode === "bridge" ? { NetworkMode: defaultNetwork } : {}) },
    NetworkingConfig: {
      EndpointsConfig: Object.fromEntries(
        endpoints.map(([name, settings]) => [name === "bridge" ? defaultNetwork : name, settings]),
      ),
    },
  };
}

/** Podman writes these into the record of every container, from its settings. */
const ownAnnotations =
  /^(io\.container\.manager$|io\.podman\.annotations\.|org\.opencontainers\.image\.stopSignal$|org\.systemd\.property\.)/;

/**
 * An image as Docker would show it to someone who has this container of it: with its health check.
 * Throws `refused` where Podman's own API is not to be had, as the check of the old image would
 * otherwise count as the user's.
 */
export async function withHealthcheck<Image extends ImageInspection | null>(
  engine: Engine,
  image: Image,
  container: ContainerInspection,
): Promise<Image> {
  if (image === null || !isPodmans(container) || !container.Config.Healthcheck) return image;
  try {
    const check = (await healthcheckOf(engine, image.Id)) as Healthcheck | null;
    return check === null ? image : { ...image, Config: { ...image.Config, Healthcheck: check } };
  } catch (error) {
    if (statusOf(error) === null) throw error;
    throw new CommandFailure(
      "refused",
      `Podman does not tell the agent which health check the image ${image.Id} has, so that of ${serviceName(container.Name.slice(1))} could not be told from it: let the agent ask GET /v5.0.0/libpod/images.`,
      { cause: error },
    );
  }
}

/**
 * The configuration as Podman takes it: a health check as a whole, where Docker takes single fields of
 * it and the others from the image.
 */
export function withWholeCheck(
  config: NewConfig,
  image: Pick<ImageInspection, "Config">,
): NewConfig {
  const { Healthcheck: own } = config.body;
  if (!own) return config;
  const { Healthcheck: whole } = withImageDefaults({ Healthcheck: own }, image.Config ?? {});
  return { ...config, body: { ...config.body, Healthcheck: whole ?? null } };
}

/** Taken where a health check leaves them out, and then shown as if they had been given. */
const checkDefaults: Healthcheck = { Interval: 30e9, Timeout: 30e9, StartPeriod: 0, Retries: 3 };

/**
 * A container of Podman's as Docker would show it: without what Podman itself has written into its
 * configuration, so that only the user's and the image's settings are left. Others come back as they are.
 */
export function withoutPodmansOwn(
  container: ContainerInspection,
  image: Pick<ImageInspection, "Config"> | null,
): ContainerInspection {
  if (!isPodmans(container)) return container;
  const { Config: config, HostConfig: host, NetworkSettings: settings } = container;
  const { Annotations: annotations, ...others } = host as { Annotations?: Record<string, string> };
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !ownAnnotations.test(key));
  return {
    ...container,
    Config: withoutOwnDefaults(config, image?.Config ?? {}),
    HostConfig: {
      ...others,
      ...(kept.length > 0 ? { Annotations: Object.fromEntries(kept) } : {}),
      NetworkMode: networkModeOf(host.NetworkMode, settings.Networks ?? {}),
    },
  };
}

/** Podman says `bridge` for all networks of that kind. */
function networkModeOf(mode = "default", networks: Record<string, Endpoint>): string {
  if (mode !== "bridge") return mode;
  return defaultNetwork in networks ? defaultNetwork : (Object.keys(networks)[0] ?? defaultNetwork);
}

function withoutOwnDefaults(config: ProcessConfig, image: ProcessConfig): ProcessConfig {
  const made = new Set(["container=podman", `HOSTNAME=${config.Hostname}`]);
  const own: ProcessConfig = {
    ...config,
    Env: (config.Env ?? []).filter((entry) => !made.has(entry) || image.Env?.includes(entry)),
  };
  // What the image does not say is filled in.
  if (config.WorkingDir === "/" && !image.WorkingDir) own.WorkingDir = "";
  if (signalOf(config.StopSignal) === signalOf(image.StopSignal)) {
    own.StopSignal = image.StopSignal ?? "";
  }
  if (config.Healthcheck) own.Healthcheck = checkWithoutDefaults(config.Healthcheck, image);
  return own;
}

function checkWithoutDefaults(check: Healthcheck, { Healthcheck: image }: ProcessConfig) {
  const filledIn = ([field, value]: [string, unknown]): boolean => {
    const key = field as keyof Healthcheck;
    return !image?.[key] && isDeepStrictEqual(value, checkDefaults[key]);
  };
  return Object.fromEntries(
    Object.entries(check).filter((entry) => !filledIn(entry)),
  ) as Healthcheck;
}

/** Shown as a number. */
function signalOf(signal: string | undefined): number {
  const name = (signal || "SIGTERM").replace(/^(SIG)?/, "SIG");
  return constants.signals[name as NodeJS.Signals] ?? Number(signal);
}

/**
 * Whether a file would not be the same in another container: Podman gives files away without their
 * owner, which is `root` from then on, and of a link what it leads to.
 */
export function losesWithPodman({ type, permissions }: PathFacts): boolean {
  const forAll = type === "directory" ? 0o005 : 0o004;
  return (type !== "file" && type !== "directory") || (permissions & forAll) !== forAll;
}

/** Made in every container at its start: it shows whether the file system keeps fractions of a second. */
export const madeByPodman = "/etc/mtab";

/**
 * The configuration, which tells also of the addresses that the container has. Nothing says which of them
 * were asked for, so the new container gets others: an assigned one must not be fixed from then on.
 */
export function withAddressChanges(config: NewConfig, container: ContainerInspection): NewConfig {
  const networks = Object.entries(container.NetworkSettings.Networks ?? {});
  const changes = networks.flatMap(([network, endpoint]) =>
    (["IPAddress", "GlobalIPv6Address", "MacAddress"] as const).flatMap(
      (address): ConfigChange[] => {
        const before = endpoint[address];
        if (!before) return [];
        const field = `NetworkSettings.Networks.${network}.${address}`;
        return [{ field, origin: "plan", before, after: null }];
      },
    ),
  );
  const told = config.changes.filter(({ field }) => !changes.some((own) => own.field === field));
  return { ...config, changes: [...told, ...changes] };
}
