import type { Port } from "./containers.ts";

/** What a control plane orders, and what comes with it. */

export type DeployOrder = "stop-first" | "start-first";
export type PruneMode = "dangling" | "all";
export type LifecycleAction = "start" | "stop" | "restart";
export type HealthProbe = "eager" | "engine";

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

/** What an agent says in its Hello that can replace its own program. */
export const upgradeCapability = "upgrade";

/** What an agent says in its Hello that can run jobs. */
export const jobCapability = "job";

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

/**
 * Runs a command once, in a container of its own that is made from the image with the settings of a
 * service's container. Whatever dies meanwhile, it is never started a second time. An agent that can do it
 * names the kind in its Hello.
 */
export interface JobCommand {
  kind: "job";
  serviceId: string;
  /** the container whose settings it has */
  containerName: string;
  reference: string;
  /** in the place of the image's CMD; its entrypoint stays */
  command: string[];
  /** how long it may run, in milliseconds by the agent's clock */
  timeoutMs: number;
  /** the user's own settings, used only where no container of that name exists */
  spec: ContainerSpec | null;
  /** image ids that this digest may have on an engine; empty: unknown */
  expectedImageIds: string[];
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
  | JobCommand
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
  /** of the deployment plan that it is a step of; null or absent: it is of none */
  planId?: string | null;
  body: CommandBody;
}
