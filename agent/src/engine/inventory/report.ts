import type { ContainerReport, ContainerState, HealthState, Port } from "@bridgeport/proto";
import type { ContainerInspectInfo, ImageInspectInfo } from "dockerode";
import { referencesOf } from "../container/survey.ts";
import { checkLimitMs } from "../health/gate.ts";
import type { ContainerInspection } from "../inspection.ts";

/** What a container's report takes from its image. */
export interface ImageFacts {
  repoDigests: string[];
  /** os/arch[/variant], null if unknown */
  platform: string | null;
}

/** An image that the engine no longer has: a container may outlive its image's name and even its id. */
export const unknownImage: ImageFacts = { repoDigests: [], platform: null };

export function imageFacts(image: ImageInspectInfo): ImageFacts {
  const { Os: os, Architecture: architecture } = image;
  const variant = "Variant" in image && typeof image.Variant === "string" ? image.Variant : "";
  const known = os !== undefined && os !== "" && architecture !== undefined && architecture !== "";
  return {
    // An image without digests is reported as null by some engines.
    repoDigests: [...(image.RepoDigests ?? [])].sort(),
    platform: known ? [os, architecture, variant].filter((part) => part !== "").join("/") : null,
  };
}

const states: ReadonlySet<string> = new Set<ContainerState>([
  "created",
  "running",
  "paused",
  "restarting",
  "removing",
  "exited",
  "dead",
]);
const healths: ReadonlySet<string> = new Set<HealthState>([
  "none",
  "starting",
  "healthy",
  "unhealthy",
]);

/** One container as the control plane is told of it. Equal engine states give equal reports. */
export function containerReport(
  container: ContainerInspectInfo,
  image: ImageFacts,
  self: boolean,
): ContainerReport {
  const { State: state } = container;
  const inspected = container as unknown as ContainerInspection;
  const { namespaces, links } = referencesOf(inspected);
  const health = state.Health?.Status ?? "none";
  return {
    id: container.Id,
    name: container.Name.replace(/^\//, ""),
    imageName: container.Config.Image,
    imageId: container.Image,
    repoDigests: image.repoDigests,
    state: states.has(state.Status) ? (state.Status as ContainerState) : "unknown",
    health: healths.has(health) ? (health as HealthState) : "unknown",
    exitCode: state.ExitCode,
    restartCount: container.RestartCount,
    createdAt: epoch(container.Created) ?? 0,
    startedAt: epoch(state.StartedAt),
    finishedAt: epoch(state.FinishedAt),
    labels: container.Config.Labels ?? {},
    ports: ports(container),
    self,
    autoRemove: container.HostConfig.AutoRemove ?? false,
    imagePlatform: image.platform,
    needs: [...namespaces, ...links].sort(),
    stopLimitMs: stopLimitMs(inspected.Config.StopTimeout),
    checkLimitMs: checkLimitMs(inspected.Config),
  };
}

/** -1 is as long as it likes. Nobody waits for that: an hour. */
function stopLimitMs(seconds: number | null | undefined): number {
  return (seconds ?? 10) < 0 ? 3_600_000 : (seconds ?? 10) * 1000;
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
function ports(container: ContainerInspectInfo): Port[] {
  const actual: Bindings = container.NetworkSettings.Ports ?? {};
  const wanted: Bindings = container.HostConfig.PortBindings ?? {};
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

type Bindings = Record<string, { HostIp?: string; HostPort?: string }[] | null | undefined>;

function byNumber(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1);
}
