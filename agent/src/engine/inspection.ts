import { constants } from "node:os";
import type { ContainerState, HealthState } from "@bridgeport/proto";
import type { Engine } from "./client.ts";
import { engineErrorKind } from "./client.ts";
import { withRestarting } from "./podman.ts";

/**
 * What the engine says of containers and images, as far as the agent reads it. Values that are
 * only carried along stay `unknown`, so that a newer engine's fields pass through untouched.
 */

/** Durations in nanoseconds; absent or 0 means the engine's default. */
export interface Healthcheck {
  Test?: string[] | null;
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

/** `Config` of a container or an image: they share one shape. */
export interface ProcessConfig {
  Hostname?: string;
  User?: string;
  ExposedPorts?: Record<string, unknown> | null;
  Env?: string[] | null;
  Cmd?: string[] | null;
  Healthcheck?: Healthcheck | null;
  Image?: string;
  Volumes?: Record<string, unknown> | null;
  WorkingDir?: string;
  Entrypoint?: string[] | null;
  MacAddress?: string;
  Labels?: Record<string, string> | null;
  StopSignal?: string;
  StopTimeout?: number | null;
  Shell?: string[] | null;
  [other: string]: unknown;
}

export interface RestartPolicy {
  Name?: string;
  MaximumRetryCount?: number;
}

export interface VolumeMount {
  Type: string;
  Source?: string;
  Target: string;
  [other: string]: unknown;
}

export type PortBindings = Record<
  string,
  { HostIp?: string; HostPort?: string }[] | null | undefined
>;

export interface HostConfig {
  NetworkMode?: string;
  IpcMode?: string;
  PidMode?: string;
  UTSMode?: string;
  VolumesFrom?: string[] | null;
  Links?: string[] | null;
  Binds?: string[] | null;
  Mounts?: VolumeMount[] | null;
  PortBindings?: PortBindings | null;
  RestartPolicy?: RestartPolicy | null;
  AutoRemove?: boolean;
  [other: string]: unknown;
}

export interface Endpoint {
  IPAMConfig?: Record<string, unknown> | null;
  Links?: string[] | null;
  Aliases?: string[] | null;
  DriverOpts?: Record<string, string> | null;
  MacAddress?: string;
  GwPriority?: number;
  NetworkID?: string;
  IPAddress?: string;
  [runtime: string]: unknown;
}

/** A mount as the engine made it, whether or not the user asked for it. */
export interface MountPoint {
  Type: string;
  Name?: string;
  /** the path on the engine's machine */
  Source?: string;
  /** of a volume: `local`, or a plugin's */
  Driver?: string;
  Destination: string;
  Mode?: string;
  RW?: boolean;
}

export interface ContainerInspection {
  Id: string;
  /** with a leading slash */
  Name: string;
  Created: string;
  /** id of the image that it really runs */
  Image: string;
  RestartCount: number;
  State: {
    Status: string;
    Running: boolean;
    Paused: boolean;
    Restarting: boolean;
    Dead?: boolean;
    OOMKilled?: boolean;
    ExitCode: number;
    Error?: string;
    StartedAt: string;
    FinishedAt: string;
    Health?: { Status: string; Log?: { Output?: string; ExitCode?: number }[] | null } | null;
  };
  Config: ProcessConfig;
  HostConfig: HostConfig;
  Mounts?: MountPoint[] | null;
  NetworkSettings: { Networks?: Record<string, Endpoint> | null; Ports?: PortBindings | null };
}

export interface ImageInspection {
  Id: string;
  RepoTags?: string[] | null;
  RepoDigests?: string[] | null;
  Os?: string;
  Architecture?: string;
  Variant?: string;
  Config?: ProcessConfig | null;
}

/**
 * Whether a container that does not run ended by itself, with an error. The exit codes after a stop, by the
 * container's own stop signal or by SIGKILL, mean that it was stopped on purpose.
 */
export function crashed({ State: state, Config: config }: ContainerInspection): boolean {
  if (state.Running) return false;
  if (state.OOMKilled) return true;
  const signal = (config.StopSignal ?? "SIGTERM").replace(/^(SIG)?/, "SIG") as NodeJS.Signals;
  const stopped = [constants.signals[signal] ?? Number(config.StopSignal), 2, 9, 15];
  return state.ExitCode !== 0 && !stopped.includes(state.ExitCode - 128);
}

/**
 * How long a container may take to stop after its stop signal, until the engine kills it. Without a
 * timeout of its own it has 10 s; -1 means as long as it likes, of which the agent waits an hour.
 */
export function stopLimitMs({ StopTimeout: seconds }: Pick<ProcessConfig, "StopTimeout">): number {
  return (seconds ?? 10) < 0 ? 3_600_000 : (seconds ?? 10) * 1000;
}

/** A container by its full id; null where there is none. */
export async function inspectContainer(
  engine: Engine,
  id: string,
): Promise<ContainerInspection | null> {
  try {
    return await describeContainer(engine, id);
  } catch (error) {
    if (engineErrorKind(error) === "not_found") return null;
    throw error;
  }
}

/** A container by its full id. Throws what the client throws. */
export async function describeContainer(engine: Engine, id: string): Promise<ContainerInspection> {
  const inspected: unknown = await engine.docker.getContainer(id).inspect();
  return await withRestarting(engine, inspected as ContainerInspection);
}

/**
 * The container of exactly this name; null where there is none. A text that is no container's name the engine
 * takes for the beginning of an id, such as `db`: that may be a stranger's, or several strangers'.
 */
export async function inspectNamed(
  engine: Engine,
  name: string,
): Promise<ContainerInspection | null> {
  try {
    const container = await inspectContainer(engine, name);
    return container?.Name === `/${name}` ? container : null;
  } catch (error) {
    // So it answers where several ids begin like that.
    if (engineErrorKind(error) !== "engine") throw error;
    const listed = await engine.docker.listContainers({ all: true });
    if (listed.some(({ Names: names }) => names.includes(`/${name}`))) throw error;
    return null;
  }
}

/** A container in the words of an older API version, for what newer ones no longer tell. */
export async function inspectAs(
  engine: Engine,
  apiVersion: string,
  id: string,
): Promise<ContainerInspection> {
  return await new Promise((resolve, reject) => {
    engine.docker.modem.dial(
      {
        path: `/v${apiVersion}/containers/${id}/json`,
        method: "GET",
        statusCodes: { 200: true },
      },
      (error: unknown, answer: unknown) => {
        if (error) reject(error);
        else resolve(answer as ContainerInspection);
      },
    );
  });
}

/** An image by id or reference; null where the engine has none such. */
export async function inspectImage(
  engine: Engine,
  idOrReference: string,
): Promise<ImageInspection | null> {
  // A container need not have an image, and the engine's path for none is another one.
  if (idOrReference === "") return null;
  try {
    return (await engine.docker.getImage(idOrReference).inspect()) as unknown as ImageInspection;
  } catch (error) {
    if (engineErrorKind(error) === "not_found") return null;
    throw error;
  }
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

export function stateOf(container: ContainerInspection): ContainerState {
  const status = container.State.Status;
  return states.has(status) ? (status as ContainerState) : "unknown";
}

export function healthOf(container: ContainerInspection): HealthState {
  const status = container.State.Health?.Status;
  if (status === undefined || status === "" || status === "none") return "none";
  return status === "starting" || status === "healthy" || status === "unhealthy"
    ? status
    : "unknown";
}

/** os/arch[/variant] of an image. One that was imported need not say, in the engine's words "". */
export function platformOf(
  image: Pick<ImageInspection, "Os" | "Architecture" | "Variant">,
): string {
  const parts = [image.Os || "linux", image.Architecture || "amd64"];
  if (image.Variant) parts.push(image.Variant);
  return parts.join("/");
}
