/**
 * What control plane and agent say to each other, as the rest of the code uses it:
 * unions instead of wire enums, `null` instead of empty, epoch milliseconds.
 * `convert.ts` turns these into wire messages and back; generated types stop there.
 */

export const protocolVersion = 1;

export type ContainerState =
  | "created"
  | "running"
  | "paused"
  | "restarting"
  | "removing"
  | "exited"
  | "dead"
  | "unknown";

/** `none`: the container has no health check. */
export type HealthState = "none" | "starting" | "healthy" | "unhealthy" | "unknown";

export type DeployOrder = "stop-first" | "start-first";
export type PruneMode = "dangling" | "all";
export type LifecycleAction = "start" | "stop" | "restart";
export type HealthProbe = "eager" | "engine";

export interface Port {
  containerPort: number;
  /** null: exposed, not published */
  hostPort: number | null;
  hostIp: string | null;
  protocol: string;
}

/** One container as its engine describes it. */
export interface ContainerReport {
  id: string;
  /** without the leading slash */
  name: string;
  /** what it was asked to run, as the user wrote it */
  imageName: string;
  /** the engine's id of the image that it really runs, `sha256:…` */
  imageId: string;
  /** `name@sha256:…` as the engine knows that image */
  repoDigests: string[];
  state: ContainerState;
  health: HealthState;
  exitCode: number;
  restartCount: number;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  labels: Record<string, string>;
  ports: Port[];
  /** the agent's own container */
  self: boolean;
  /** created with --rm */
  autoRemove: boolean;
  /** os/arch[/variant] of its image, null if unknown */
  imagePlatform: string | null;
  /** ids or names of the containers whose namespaces it shares, or that it is linked to */
  needs: string[];
  /** how long it may take to stop: its own timeout, or the engine's default */
  stopLimitMs: number;
  /** how long its own health check may take to pass, its start period included; 0: it has none */
  checkLimitMs: number;
  /**
   * the names that the engine has for that image, `name:tag` first, then `name@sha256:…`; empty or
   * absent: none, or an agent of an earlier version does not tell
   */
  imageNames?: string[];
}

/** What an agent saw of a service's container at one moment. */
export interface Observation {
  containerId: string;
  /** the engine's id of the image that it runs */
  imageId: string;
  running: boolean;
  health: HealthState;
  name: string;
  /** what it ended with; null: it runs, or was never started */
  exitCode: number | null;
}

export interface HostStatus {
  engineAvailable: boolean;
  engineError: string | null;
  dockerVersion: string | null;
  apiVersion: string | null;
  os: string | null;
  architecture: string | null;
  variant: string | null;
  cpus: number;
  memoryBytes: number;
  diskFreeBytes: number;
  hostname: string;
  /** whether the engine takes a registry's token in the place of a password; absent: not known */
  takesRegistryTokens?: boolean;
  /** absent: an agent of an earlier version does not tell */
  policy?: PolicyReport;
}

/** The policy that the owner of a host gave its agent. */
export interface PolicyReport {
  /** SHA-256 of its file in hexadecimal; null: there is no file */
  hash: string | null;
  /** what it allows and denies: sentences for people */
  summary: string;
}

export interface Credentials {
  username: string;
  password: string;
  registryHost: string;
  identityToken: string | null;
  /**
   * a token of the registry's token service, good for pulling this one repository, in the place of user
   * name and password, which are empty then. Absent: none
   */
  registryToken?: RegistryToken;
  /** why there is nothing to pull with, where the image is not on the engine yet. Absent: there is */
  refusal?: PullRefusal;
}

export interface PullRefusal {
  code: "unauthorized" | "registry_unavailable";
  /** a sentence a person can act on */
  message: string;
}

export interface RegistryToken {
  value: string;
  /** epoch milliseconds; null: not known */
  expiresAt: number | null;
}

/** What an agent says in its Hello if it can pull with a registry's token. */
export const registryTokenCapability = "registry-token";

/** What an agent says in its Hello that moves to another certificate authority when it is told. */
export const authoritiesCapability = "authorities";

/** How long and how to wait for health; `waitMs` null is the default of the kind of check. */
export interface HealthGate {
  waitMs: number | null;
  retries: number;
  intervalMs: number;
  url: string | null;
  probe: HealthProbe;
}

/** The Engine API's container create body, as JSON. */
export type ContainerSpec = Record<string, unknown>;

/** What an agent says in its Hello if its host's policy demands signatures: commands then bring them. */
export const demandsSignaturesCapability = "demands-signatures";

/**
 * A signature as it lies beside an image in its registry. It proves itself or it does not: who brings it
 * does not matter.
 */
export type ImageSignature =
  /** cosign's own form: the bytes that are signed and their signature, both in base64 */
  | { kind: "simple"; payload: string; signature: string }
  /** a Sigstore bundle, in JSON */
  | { kind: "bundle"; text: string };

/** The signatures of the digest that a command names. */
export interface BroughtSignatures {
  found: ImageSignature[];
  /** why there may be others: a sentence; null: these are all */
  error: string | null;
}

export interface PullCommand {
  kind: "pull";
  /** `name:tag@sha256:…` or `name@sha256:…` */
  reference: string;
  /** os/arch[/variant]; null: the engine's own */
  platform: string | null;
  credentials: Credentials | null;
  /** compressed bytes, null if unknown */
  sizeBytes: number | null;
  /** platforms that the image has; empty: unknown */
  platforms: string[];
  /** those of this plan on this server */
  containers: PlannedContainer[];
  /** for hosts that demand signatures; absent: none were looked for */
  signatures?: BroughtSignatures;
}

/** A container that is to run an image: what stands against that is told before anything is touched. */
export interface PlannedContainer {
  containerName: string;
  /** host ports that it needs */
  ports: Port[];
  order: DeployOrder;
  allowAutoRemove: boolean;
  /** it was there when the plan was made: where it is not found, nothing is touched (`not_found`) */
  mustExist?: boolean;
  /** where it is created: what of its specification the host's policy asks about. Absent: not told */
  spec?: ContainerSpec;
}

export interface RunCommand {
  kind: "run";
  serviceId: string;
  containerName: string;
  reference: string;
  order: DeployOrder;
  /** the user's own settings, used only where no container of that name exists */
  spec: ContainerSpec | null;
  gate: HealthGate;
  allowAutoRemove: boolean;
  dryRun: boolean;
  /** for a dry run of an image that is not on the engine: the `config` section of its configuration */
  imageConfig: ContainerSpec | null;
  /** image ids that this digest may have on an engine; empty: unknown */
  expectedImageIds: string[];
  /** for hosts that demand signatures; absent: none were looked for */
  signatures?: BroughtSignatures;
}

export interface RollbackCommand {
  kind: "rollback";
  serviceId: string;
  containerName: string;
  /** the run command that is undone */
  runCommandId: string;
  /** for re-creation, where the previous container is no longer there */
  reference: string | null;
  spec: ContainerSpec | null;
  /** of the re-creation; a container that cannot run beside the other takes its place */
  order: DeployOrder;
  gate: HealthGate;
  credentials: Credentials | null;
  /** for hosts that demand signatures; absent: none were looked for */
  signatures?: BroughtSignatures;
}

export interface CommitCommand {
  kind: "commit";
  serviceId: string;
  containerName: string;
  runCommandIds: string[];
  /** images that the keep tags point to from now on; null leaves a tag as it is */
  currentImageId: string | null;
  previousImageId: string | null;
}

export interface PruneCommand {
  kind: "prune";
  mode: PruneMode;
  /** references of images that a running plan needs */
  protect: string[];
}

/** What a prune would do, which changes nothing. */
export interface PruneEstimateCommand {
  kind: "prune_estimate";
  mode: PruneMode;
  protect: string[];
}

export interface ProbeCommand {
  kind: "probe";
  serviceId: string;
  containerName: string;
  gate: HealthGate;
  /** one look instead of waiting */
  once: boolean;
}

export interface LifecycleCommand {
  kind: "lifecycle";
  containerName: string;
  action: LifecycleAction;
}

export interface CancelCommand {
  kind: "cancel";
  commandId: string;
}

export interface FetchLogsCommand {
  kind: "logs";
  containerName: string;
  tail: number;
  since: number | null;
}

export type CommandBody =
  | PullCommand
  | RunCommand
  | RollbackCommand
  | CommitCommand
  | PruneCommand
  | PruneEstimateCommand
  | ProbeCommand
  | LifecycleCommand
  | CancelCommand
  | FetchLogsCommand;

export type CommandKind = CommandBody["kind"];

export interface Command {
  id: string;
  /** epoch milliseconds; null: none */
  deadlineAt: number | null;
  /**
   * ids of commands to the same agent: until each of them has succeeded, this one may be prepared, but
   * changes nothing that runs. If one of them fails, this one fails as `cancelled`. Absent: none
   */
  after?: readonly string[];
  body: CommandBody;
}

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
  | "not_found" // no such container or image
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

export interface CommandResult {
  commandId: string;
  startedAt: number;
  finishedAt: number;
  outcome: { ok: true; body: ResultBody } | { ok: false; failure: Failure };
}

export type AgentMessage =
  | {
      kind: "hello";
      protocolVersion: number;
      agentVersion: string;
      capabilities: string[];
      host: HostStatus;
      /** of this start of its process; null or absent: an agent of an earlier version does not tell */
      instanceId?: string | null;
    }
  | {
      kind: "inventory";
      sequence: number;
      chunk: number;
      last: boolean;
      containers: ContainerReport[];
    }
  | {
      kind: "change";
      sequence: number;
      change: { upsert: ContainerReport } | { removedId: string };
    }
  | { kind: "host"; host: HostStatus }
  | { kind: "accepted"; commandId: string }
  | { kind: "progress"; commandId: string; phase: string; message: string; at: number }
  | { kind: "result"; result: CommandResult }
  | { kind: "log"; followId: string; lines: LogLine[]; end: boolean; error: string | null }
  | { kind: "renew"; csrPem: string }
  /** the token that this command came with has run out */
  | { kind: "credentialsRequest"; commandId: string }
  | { kind: "goodbye"; reason: string };

export type ControlMessage =
  | { kind: "welcome"; protocolVersion: number; serverId: string; capabilities: string[] }
  /** `sentAt`: by the clock that `deadlineAt` counts by */
  | { kind: "command"; command: Command; sentAt: number }
  | { kind: "resultAck"; commandId: string }
  | { kind: "inventoryRequest" }
  | {
      kind: "logStart";
      followId: string;
      containerName: string;
      tail: number;
      since: number | null;
      credit: number;
    }
  | { kind: "logCredit"; followId: string; lines: number }
  | { kind: "logStop"; followId: string }
  | { kind: "certificate"; certificatePem: string; caPem: string }
  /** what to trust in place of what was; the first one issues certificates */
  | { kind: "authorities"; caPems: string[] }
  /** `sentAt`: by the clock that the credentials' `expiresAt` counts by */
  | {
      kind: "credentials";
      commandId: string;
      credentials: Credentials | null;
      error: string | null;
      sentAt: number;
    }
  | { kind: "goodbye"; reason: string };
