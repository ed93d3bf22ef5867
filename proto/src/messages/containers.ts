/** What an agent tells of its host: its containers, its engine, what its owner allows. */

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
  /** where the engine keeps layers, such as overlay2; absent: not known */
  storageDriver?: string;
}

/** The policy that the owner of a host gave its agent. */
export interface PolicyReport {
  /** SHA-256 of its file in hexadecimal; null: there is no file */
  hash: string | null;
  /** what it allows and denies: sentences for people */
  summary: string;
}
