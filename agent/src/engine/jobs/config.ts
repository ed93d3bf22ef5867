import { labels } from "@bridgeport/proto";
import type { CreateBody, NewConfig } from "../container/config.ts";
import type { EndpointSettings, NetworkSettings } from "../container/networks.ts";
import type { HostConfig, ImageInspection } from "../inspection.ts";

export interface JobConfig {
  body: CreateBody;
  networks: NetworkSettings;
  /** by which the agent asks the job to end, as the service's container would be asked */
  stopSignal: string;
}

/**
 * A job's container: the service's own configuration on the job's image, without what would make others
 * take it for the service, or hold what the service holds while both run. These are its names on networks,
 * its addresses, its ports, its labels (by which Compose, proxies and schedulers find their containers),
 * its health check and its restarts. Anything else that stops it, such as an engine that shuts down, kills it: a
 * program that ends well when it is asked to end must not pass for one that has done its work.
 *
 * @param command in the place of the image's CMD; its entrypoint, or the service's own, stays
 */
export function jobConfig(
  { body, networks }: NewConfig,
  image: ImageInspection,
  command: readonly string[],
  commandId: string,
): JobConfig {
  const { Hostname, MacAddress, ExposedPorts, Labels, StopSignal, HostConfig, ...own } = body;
  const endpoints = Object.fromEntries(
    Object.entries(networks.endpoints).map(([name, settings]) => [name, endpointOf(settings)]),
  );
  return {
    networks: { ...networks, endpoints },
    stopSignal: StopSignal || image.Config?.StopSignal || "SIGTERM",
    body: {
      ...own,
      Cmd: [...command],
      // Of the image's labels those of Compose cannot be taken away, only overridden.
      Labels: {
        ...Object.fromEntries(composeLabelsOf(image).map((name) => [name, ""])),
        [labels.ignore]: "true",
        [labels.job]: commandId,
      },
      StopSignal: "SIGKILL",
      Healthcheck: { Test: ["NONE"] },
      // Nothing writes to its input: a program that reads it would wait for ever.
      OpenStdin: false,
      StdinOnce: false,
      AttachStdin: false,
      HostConfig: hostConfigOf(HostConfig),
      NetworkingConfig: { EndpointsConfig: endpoints },
    },
  };
}

function composeLabelsOf({ Config: config }: ImageInspection): string[] {
  return Object.keys(config?.Labels ?? {}).filter((name) => name.startsWith("com.docker.compose."));
}

function hostConfigOf({ PortBindings, ...own }: HostConfig): HostConfig {
  const { LogConfig: log, ...rest } = own as { LogConfig?: { Type?: string } };
  return {
    ...rest,
    // A job whose output is kept nowhere would have no log: the engine's default keeps it.
    ...(log?.Type === "none" || log === undefined ? {} : { LogConfig: log }),
    PublishAllPorts: false,
    RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
    AutoRemove: false,
  };
}

function endpointOf({
  Aliases,
  IPAMConfig,
  MacAddress,
  ...shared
}: EndpointSettings): EndpointSettings {
  return shared;
}
