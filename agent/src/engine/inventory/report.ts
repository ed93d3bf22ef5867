import { type ContainerReport, keepTagPrefix, type Port } from "@bridgeport/proto";
import type { ContainerInfo } from "dockerode";
import { listedName } from "../container/listing.ts";
import { referencesOf } from "../container/survey.ts";
import { checkLimitMs } from "../health/gate.ts";
import {
  type ContainerInspection,
  healthOf,
  type ImageInspection,
  type PortBindings,
  stateOf,
  stopLimitMs,
} from "../inspection.ts";

/** What a container's report takes from its image. */
export interface ImageFacts {
  repoDigests: string[];
  /** os/arch[/variant], null if unknown */
  platform: string | null;
  /** the engine's own names for it, `name:tag` before `name@sha256:…` */
  names: string[];
}

/** An image that the engine no longer has: a container may outlive its image's name and even its id. */
export const unknownImage: ImageFacts = { repoDigests: [], names: [], platform: null };

export function imageFacts(image: ImageInspection): ImageFacts {
  const { Os: os, Architecture: architecture, Variant: variant = "" } = image;
  const known = os !== undefined && os !== "" && architecture !== undefined && architecture !== "";
  // An image without digests is reported as null by some engines.
  const digests = [...(image.RepoDigests ?? [])].sort();
  const tags = [...(image.RepoTags ?? [])].sort();
  return {
    repoDigests: digests,
    // What has no name is listed as `<none>`, and what the agent itself keeps is no name of the user's.
    names: [...tags, ...digests].filter(
      (name) => !name.startsWith("<none>") && !name.startsWith(keepTagPrefix),
    ),
    platform: known ? [os, architecture, variant].filter((part) => part !== "").join("/") : null,
  };
}

/** An image's part of a report. */
export function ofImage(
  image: ImageFacts,
): Pick<ContainerReport, "repoDigests" | "imageNames" | "imagePlatform"> {
  return {
    repoDigests: image.repoDigests,
    imageNames: image.names,
    imagePlatform: image.platform,
  };
}

/** One container as the control plane is told of it. Equal engine states give equal reports. */
export function containerReport(
  container: ContainerInspection,
  image: ImageFacts,
  self: boolean,
): ContainerReport {
  const { State: state } = container;
  const { namespaces, links } = referencesOf(container);
  return {
    id: container.Id,
    name: container.Name.replace(/^\//, ""),
    imageName: container.Config.Image ?? "",
    imageId: container.Image,
    ...ofImage(image),
    state: stateOf(container),
    health: healthOf(container),
    exitCode: state.ExitCode,
    restartCount: container.RestartCount,
    createdAt: epoch(container.Created) ?? 0,
    startedAt: epoch(state.StartedAt),
    finishedAt: epoch(state.FinishedAt),
    labels: container.Config.Labels ?? {},
    ports: ports(container),
    self,
    autoRemove: container.HostConfig.AutoRemove ?? false,
    needs: [...namespaces, ...links].sort(),
    stopLimitMs: stopLimitMs(container.Config),
    checkLimitMs: checkLimitMs(container.Config),
  };
}

/**
 * A container that the engine lists but cannot describe: what the list says, and nothing that would
 * let it be taken for one that runs or is well.
 */
export function listedReport(
  listed: ContainerInfo,
  image: ImageFacts,
  self: boolean,
): ContainerReport {
  return {
    id: listed.Id,
    name: listedName(listed.Names),
    imageName: listed.Image,
    imageId: listed.ImageID,
    ...ofImage(image),
    state: "unknown",
    health: "unknown",
    exitCode: 0,
    restartCount: 0,
    createdAt: listed.Created * 1000,
    startedAt: null,
    finishedAt: null,
    labels: listed.Labels ?? {},
    ports: listedPorts(listed.Ports ?? []),
    self,
    autoRemove: false,
    needs: [],
    stopLimitMs: stopLimitMs({}),
    checkLimitMs: 0,
  };
}

/** A container that the engine could describe before: what cannot change is still so. */
export function unknownNow(before: ContainerReport, listed: ContainerInfo): ContainerReport {
  return {
    ...before,
    name: listedName(listed.Names),
    state: "unknown",
    health: "unknown",
    ports: listedPorts(listed.Ports ?? []),
  };
}

function listedPorts(ports: ContainerInfo["Ports"]): Port[] {
  return ports
    .map(({ IP: ip, PrivatePort: containerPort, PublicPort: hostPort, Type: protocol }) => ({
      containerPort,
      hostPort: hostPort || null,
      hostIp: ip || null,
      protocol,
    }))
    .sort((a, b) => a.containerPort - b.containerPort || (portKey(a) < portKey(b) ? -1 : 1));
}

function portKey({ protocol, hostIp }: Port): string {
  return `${protocol} ${hostIp}`;
}

/** The engine writes year 1 for "never". */
function epoch(time: string): number | null {
  const value = Date.parse(time);
  return Number.isFinite(value) && value > 0 ? value : null;
}

/**
 * What a running container publishes, or what a stopped one will. A port that the engine is to
 * choose has no host port until the container runs.
 */
function ports(container: ContainerInspection): Port[] {
  const actual: PortBindings = container.NetworkSettings.Ports ?? {};
  const wanted: PortBindings = container.HostConfig.PortBindings ?? {};
  const exposed = Object.keys(container.Config.ExposedPorts ?? {});
  const keys = new Set([...exposed, ...Object.keys(wanted), ...Object.keys(actual)]);
  const found: Port[] = [];
  for (const key of [...keys].sort(byNumber)) {
    const [number, protocol] = key.split("/");
    const containerPort = Number(number);
    const bindings = container.State.Running ? actual[key] : wanted[key];
    for (const binding of bindings?.length ? bindings : [null]) {
      found.push({
        containerPort,
        hostPort: Number(binding?.HostPort ?? 0) || null,
        hostIp: binding?.HostIp || null,
        protocol: protocol ?? "tcp",
      });
    }
  }
  return found;
}

function byNumber(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1);
}
