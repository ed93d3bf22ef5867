import type { ContainerSpec } from "./commands.ts";
import type { ContainerState, HealthState, Observation } from "./containers.ts";

/** What became of a command. */

/**
 * Where a setting of the new container comes from: `kept` from the old container,
 * `image` the new image's default, `plan` what the deploy itself sets.
 */
export interface ConfigChange {
  /** a path in Engine API terms, such as `Config.Env.PATH` */
  field: string;
  origin: "kept" | "image" | "plan";
  before: unknown;
  after: unknown;
}

export interface PullResult {
  kind: "pull";
  imageId: string;
  repoDigests: string[];
  alreadyPresent: boolean;
  durationMs: number;
  platform: string;
}

export interface RunResult {
  kind: "run";
  containerId: string;
  imageId: string;
  /** null: there was no container before */
  previousContainerId: string | null;
  previousImageId: string | null;
  /** null: nothing was running before */
  downtimeMs: number | null;
  /** the create body of the new container */
  spec: ContainerSpec | null;
  changes: ConfigChange[];
  running: boolean;
  recreatedDependents: string[];
  /** how long the health gate of this container may take, its start period included; null: not known */
  gateTimeoutMs: number | null;
  /** the container that was replaced; null or absent: there was none, or it was not looked for */
  before?: Observation | null;
  /** the new container when the command ended */
  after?: Observation | null;
}

export interface RollbackResult {
  kind: "rollback";
  containerId: string | null;
  imageId: string | null;
  outcome: "restored" | "recreated" | "unchanged" | "removed";
  downtimeMs: number | null;
  /** what bore the service's name before this rollback, and what bears it now */
  before?: Observation | null;
  after?: Observation | null;
}

/** It ended with exit code 0; with any other, the command has failed as `exited`. */
export interface JobResult {
  kind: "job";
  /** by the agent's clock */
  durationMs: number;
  /** the last lines that it wrote */
  logLines: string[];
}

export interface CommitResult {
  kind: "commit";
  removed: number;
}

export interface PruneResult {
  kind: "prune";
  spaceReclaimedBytes: number;
  imagesDeleted: number;
}

export interface PruneEstimateResult {
  kind: "prune_estimate";
  /** at least this much: of what these images share with each other nothing is counted */
  spaceReclaimableBytes: number;
  images: number;
}

export interface ProbeResult {
  kind: "probe";
  /** what said so */
  method: "exec" | "engine" | "stable" | "stopped" | "url" | "look";
  detail: string;
  durationMs: number;
  attempts: number;
  health: HealthState;
  state: ContainerState;
}

export interface LifecycleResult {
  kind: "lifecycle";
  state: ContainerState;
}

export interface CancelResult {
  kind: "cancel";
  cancelled: boolean;
}

export interface LogLine {
  at: number;
  stream: "stdout" | "stderr";
  text: string;
}

export interface LogsResult {
  kind: "logs";
  lines: LogLine[];
  truncated: boolean;
}

export type ResultBody =
  | PullResult
  | RunResult
  | RollbackResult
  | JobResult
  | CommitResult
  | PruneResult
  | PruneEstimateResult
  | ProbeResult
  | LifecycleResult
  | CancelResult
  | LogsResult;

/** Stable words for why a command failed; the message beside it is for people. */
export type FailureCode =
  | "refused" // the agent's own policy, or a container that must not be replaced
  | "not_found" // no such container, or no such image in its registry
  | "image_missing" // the server does not have the image; an agent of an earlier version says not_found
  | "pull_failed" // for an unknown reason; an agent of an earlier version means any of the next two by it, too
  | "registry_unavailable" // the registry cannot be reached, or has a problem of its own
  | "image_unusable" // the registry does not have all of it, or it is not an image that can be used
  | "unauthorized" // the registry wants other credentials
  | "no_platform" // the image has no manifest for this server
  | "disk_full"
  | "port_taken"
  | "create_failed"
  | "start_failed"
  | "stop_failed"
  | "image_mismatch" // what runs is not what was asked for
  | "unhealthy"
  | "exited"
  | "timeout"
  | "cancelled"
  | "engine_unavailable"
  | "engine_error"
  | "internal";

export interface Failure {
  code: FailureCode;
  message: string;
  logLines: string[];
  exitCode: number | null;
  /** the service's container before the command, and after it failed */
  before?: Observation | null;
  after?: Observation | null;
}

/** Parts of the work on a command that take time. */
export const phaseNames = ["pull", "create", "stop", "start", "health"] as const;
export type PhaseName = (typeof phaseNames)[number];

/** One of them, in epoch milliseconds by the agent's clock. */
export interface PhaseTimes {
  name: PhaseName;
  startedAt: number;
  finishedAt: number;
}

export interface CommandResult {
  commandId: string;
  startedAt: number;
  finishedAt: number;
  /** in the order in which they ended; absent: none, or an agent of an earlier version does not tell */
  phases?: readonly PhaseTimes[];
  outcome: { ok: true; body: ResultBody } | { ok: false; failure: Failure };
}
