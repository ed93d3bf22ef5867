/** The API's resources as far as tests read them; see the API's own description for the rest. */

export interface Environment {
  id: string;
  name: string;
}

export interface Server {
  id: string;
  name: string;
  status: "pending" | "online" | "offline";
  environmentId: string;
  agentVersion: string | null;
  dockerVersion: string | null;
  architecture: string | null;
  serviceCount: number;
}

export interface Service {
  id: string;
  name: string;
  containerName: string;
  serverId: string;
  environmentId: string;
  containerImageId: string;
  imageTag: string;
  deployedDigestId: string | null;
  deployedDigest: string | null;
  runningDigest: string | null;
  drift: { expected: string; actual: string } | null;
  status: string;
  containerStatus: string;
  healthStatus: string;
  discoveryStatus: "found" | "missing";
}

export interface ImageDigest {
  id: string;
  manifestDigest: string;
  configDigest: string | null;
  tags: string[];
  bestTag: string | null;
  size: number | null;
  pushedAt: string | null;
  mediaType: string;
  platforms: string[];
  deployed: boolean;
}

export interface ContainerImage {
  id: string;
  name: string;
  imageName: string;
  tagFilter: string;
  deployedDigestId: string | null;
  deployedDigest: string | null;
  deployed: ImageDigest | null;
  updateAvailable: boolean;
  updateReason: string;
  latestDigest: string | null;
  lastCheckedAt: string | null;
  lastError: string | null;
  lastCheckNote: string | null;
  autoUpdate: boolean;
  registryConnectionId: string | null;
  environmentId: string;
  services: { id: string; name: string }[];
  digests: ImageDigest[];
  bestTag: string | null;
}

export interface RegistryConnection {
  id: string;
  name: string;
  registryUrl: string;
  hasPassword: boolean;
  hasToken: boolean;
  /** What the registry's host allows, as far as it said so. */
  budget: {
    host: string;
    limit: number | null;
    remaining: number | null;
    windowSeconds: number | null;
    pausedUntil: string | null;
    requests: number;
  };
}

export interface PlanStep {
  id: string;
  order: number;
  level: number;
  action: "hook" | "pull" | "job" | "deploy" | "health_check" | "soak" | "rollback";
  status: "pending" | "running" | "success" | "failed" | "skipped" | "rolled_back";
  service: { id: string; name: string; serverName: string } | null;
  targetDigest: string | null;
  previousDigest: string | null;
  startedAt: string | null;
  completedAt: string | null;
  error: string | null;
  /** What there is to say of it that is no error. */
  detail: string | null;
  logs: string | null;
  soak: {
    durationMs: number;
    endsAt: string | null;
    pauses: boolean;
    analysis: { last: { value: number | null; problem: string | null } | null } | null;
  } | null;
}

export interface Plan {
  id: string;
  status:
    | "pending"
    | "waiting_for_approval"
    | "running"
    | "paused"
    | "completed"
    | "failed"
    | "rolled_back"
    | "cancelled";
  name: string;
  imageTag: string | null;
  imageDigest: string;
  targets: { containerImageId: string | null; imageDigest: string; serviceIds: string[] }[];
  triggerType: string;
  triggeredBy: string | null;
  autoRollback: boolean;
  parallelExecution: boolean;
  pausedReason: string | null;
  error: string | null;
  createdAt: string;
  startedAt: string | null;
  completedAt: string | null;
  /** Services of the image that the plan does not touch. */
  leftOut: { service: { id: string; name: string; serverName: string }; reason: string }[];
  steps: PlanStep[];
}

export interface SyncResult {
  hasUpdate: boolean;
  tagFilter: string;
  newestDigest: unknown;
  newDigests: number;
  updatedDigests: number;
  lastCheckedAt: string;
  tags: { listed: number; matching: number; checked: number };
  notes: string[];
}

export interface HistoryEntry {
  id: string;
  tag: string;
  digest: string;
  status: "success" | "failed" | "rolled_back";
  deployedBy: string | null;
  totalDurationMs: number | null;
  planId: string;
  services: { id: string; name: string; serverName: string }[];
}

export interface UpdateStatus {
  autoUpdate: boolean;
  /** A plan is about to be made. */
  updating: boolean;
  reason: string;
  message: string;
  /** From when it may be otherwise. */
  until: string | null;
  digest: {
    id: string;
    manifestDigest: string;
    tags: string[];
    bestTag: string | null;
    pushedAt: string;
    since: string | null;
  } | null;
}
