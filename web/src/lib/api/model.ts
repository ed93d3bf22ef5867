/*
 * What the API speaks of, named once.
 */

export type Role = "viewer" | "operator" | "admin";

export interface User {
  id: string;
  email: string;
  name: string | null;
  role: Role;
  createdAt: string;
  updatedAt: string;
}

export interface ApiToken {
  id: string;
  name: string;
  role: Role;
  userId: string;
  userEmail: string;
  environmentIds: string[] | null;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

export interface AuditEntry {
  id: string;
  at: string;
  actorType: "user" | "token" | "webhook" | "system";
  actorName: string;
  action: string;
  resourceType: string;
  resourceId: string | null;
  resourceName: string | null;
  environmentId: string | null;
  details: Record<string, unknown>;
}

export interface Environment {
  id: string;
  name: string;
  serverCount: number;
  serviceCount: number;
  imageCount: number;
  createdAt: string;
  updatedAt: string;
}

export interface OperationsSettings {
  autoPruneImages: boolean;
  pruneImagesMode: "dangling" | "all";
}

export interface Server {
  id: string;
  name: string;
  hostname: string | null;
  tags: string[];
  status: "pending" | "online" | "offline";
  agentVersion: string | null;
  dockerVersion: string | null;
  os: string | null;
  architecture: string | null;
  cpus: number | null;
  memoryBytes: number | null;
  diskFreeBytes: number | null;
  lastSeenAt: string | null;
  environmentId: string;
  createdAt: string;
  serviceCount: number;
  /** set when the agent is there and its engine is not */
  engineError?: string | null;
}

export interface Join {
  token: string;
  command: string;
  expiresAt: string;
}

export type RegistryType =
  | "generic"
  | "dockerhub"
  | "ghcr"
  | "gitlab"
  | "digitalocean"
  | "ecr"
  | "gcr"
  | "acr"
  | "quay"
  | "harbor";

export interface Registry {
  id: string;
  name: string;
  type: RegistryType;
  registryUrl: string;
  repositoryPrefix: string | null;
  username: string | null;
  hasToken: boolean;
  hasPassword: boolean;
  isDefault: boolean;
  refreshIntervalMinutes: number;
  autoLinkPattern: string | null;
  lastRefreshAt: string | null;
  lastError?: string | null;
  environmentId: string;
}

export interface Digest {
  id: string;
  manifestDigest: string;
  configDigest: string | null;
  tags: string[];
  bestTag: string | null;
  size: number | null;
  pushedAt: string | null;
  discoveredAt: string;
  mediaType: string | null;
  platforms: string[];
  deployed: boolean;
  quarantined?: { reason: string; planId: string | null; createdAt: string } | null;
}

/** A digest as it is named inside another resource. */
export interface DigestRef {
  id: string;
  manifestDigest: string;
  bestTag: string | null;
  tags: string[];
  pushedAt: string | null;
}

export interface ImageService {
  id: string;
  name: string;
  serverId?: string;
  serverName?: string;
  server?: { id: string; name: string };
  status?: string;
  imageTag?: string | null;
  runningDigest?: string | null;
  deployedDigestId?: string | null;
}

export interface Image {
  id: string;
  name: string;
  imageName: string;
  tagFilter: string;
  lastCheckedAt: string | null;
  lastError?: string | null;
  deployedDigestId: string | null;
  deployedDigest: DigestRef | null;
  latestDigest: DigestRef | null;
  updateAvailable: boolean;
  autoUpdate: boolean;
  registryConnectionId: string | null;
  environmentId: string;
  services: ImageService[];
  digests: Digest[];
  bestTag: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface RegistryTag {
  tag: string;
  digest: string | null;
  size: number | null;
  pushedAt: string | null;
  matchesFilter: boolean;
  digestId: string | null;
}

export interface CheckResult {
  hasUpdate: boolean;
  tagFilter: string;
  newestDigest: DigestRef | null;
  newDigests: number;
  updatedDigests: number;
  lastCheckedAt: string | null;
}

export interface HistoryEntry {
  id: string;
  tag: string | null;
  digest: string;
  status: "success" | "failed" | "rolled_back";
  deployedAt: string;
  deployedBy: string;
  deploymentCount: number;
  totalDurationMs: number | null;
  planId: string;
  services: { id: string; name: string; serverName: string }[];
}

export interface Service {
  id: string;
  name: string;
  containerName: string;
  serverId: string;
  server: { id: string; name: string };
  environmentId: string;
  containerImageId: string;
  containerImage: { id: string; name: string; imageName: string; updateAvailable?: boolean } | null;
  imageTag: string | null;
  deployedDigestId: string | null;
  deployedDigest: DigestRef | null;
  runningDigest: string | null;
  drift: { expected: string | null; actual: string | null } | null;
  status: string;
  containerStatus: string | null;
  healthStatus: string | null;
  discoveryStatus: "found" | "missing";
  healthCheckUrl: string | null;
  healthWaitMs: number | null;
  healthRetries: number;
  healthIntervalMs: number;
  deployOrder: "stop-first" | "start-first";
  spec: Record<string, unknown> | null;
  exposedPorts: unknown;
  lastDeployedAt: string | null;
}

export interface Dependency {
  id: string;
  serviceId: string;
  dependsOnId: string;
  type: "health_before" | "deploy_after";
  dependsOn?: { id: string; name: string };
}

export type PlanStatus =
  | "pending"
  | "running"
  | "completed"
  | "failed"
  | "rolled_back"
  | "cancelled";
export type StepStatus = "pending" | "running" | "success" | "failed" | "skipped" | "rolled_back";
export type StepAction = "pull" | "deploy" | "health_check" | "rollback";

export interface StepLog {
  at: string;
  message: string;
}

export interface ConfigChange {
  field: string;
  origin: "kept" | "image" | "plan";
  before: unknown;
  after: unknown;
}

export interface PlanStep {
  id: string;
  order: number;
  level: number;
  action: StepAction;
  status: StepStatus;
  service: { id: string | null; name: string; serverName: string } | null;
  serverName?: string;
  targetDigest: string | null;
  previousDigest: string | null;
  startedAt: string | null;
  completedAt: string | null;
  error: string | null;
  logs: StepLog[] | string | null;
  result?: { changes?: ConfigChange[]; downtimeMs?: number | null } | null;
}

export interface Plan {
  id: string;
  name: string;
  status: PlanStatus;
  containerImageId?: string | null;
  imageTag: string | null;
  imageDigest: string;
  triggerType: "manual" | "webhook" | "auto_update" | "rollback";
  triggeredBy: string;
  autoRollback: boolean;
  parallelExecution: boolean;
  error: string | null;
  createdAt: string;
  startedAt: string | null;
  completedAt: string | null;
  steps: PlanStep[];
}

export interface Webhook {
  id: string;
  name: string;
  url: string;
  events: string[];
  enabled: boolean;
  createdAt: string;
}

export interface LogLine {
  at: number;
  stream: "stdout" | "stderr";
  text: string;
}
