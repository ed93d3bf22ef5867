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
  engineError: string | null;
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
  lastError: string | null;
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
}

export interface ImageService {
  id: string;
  name: string;
  serverId: string;
  serverName: string;
  imageTag: string | null;
  runningDigest: string | null;
  deployedDigestId: string | null;
  status: string;
}

export type UpdateReason =
  | "newer_digest"
  | "up_to_date"
  | "no_registry"
  | "nothing_deployed"
  | "deployed_unknown"
  | "quarantined";

export interface Image {
  id: string;
  name: string;
  imageName: string;
  tagFilter: string;
  lastCheckedAt: string | null;
  lastError: string | null;
  lastCheckNote: string | null;
  deployedDigestId: string | null;
  deployedDigest: string | null;
  deployed: Digest | null;
  latestDigest: string | null;
  latest: Digest | null;
  updateAvailable: boolean;
  updateReason: UpdateReason;
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
  newestDigest: string | null;
  newest: Digest | null;
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

export type ServiceStatus =
  | "deploying"
  | "not_created"
  | "missing"
  | "unknown"
  | "unhealthy"
  | "starting"
  | "healthy"
  | "running"
  | "restarting"
  | "paused"
  | "failed"
  | "stopped";

export interface Service {
  id: string;
  name: string;
  containerName: string;
  serverId: string;
  server: { id: string; name: string };
  environmentId: string;
  containerImageId: string;
  containerImage: { id: string; name: string; imageName: string; updateAvailable: boolean };
  imageTag: string | null;
  deployedDigestId: string | null;
  deployedDigest: string | null;
  runningDigest: string | null;
  drift: { expected: string; actual: string } | null;
  status: ServiceStatus;
  containerStatus: string | null;
  healthStatus: string | null;
  discoveryStatus: "found" | "missing";
  healthCheckUrl: string | null;
  healthWaitMs: number | null;
  healthRetries: number;
  healthIntervalMs: number;
  healthProbe: "eager" | "engine";
  deployOrder: "stop-first" | "start-first";
  spec: Record<string, unknown> | null;
  exposedPorts: {
    containerPort: number;
    hostPort: number | null;
    hostIp: string | null;
    protocol: string;
  }[];
  activePlanId: string | null;
  lastDeployedAt: string | null;
  createdAt: string;
  updatedAt: string;
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

export interface ConfigChange {
  field: string;
  origin: "kept" | "image" | "plan";
  before?: unknown;
  after?: unknown;
}

export interface StepService {
  id: string | null;
  name: string;
  serverName: string;
}

export interface PlanStep {
  id: string;
  order: number;
  level: number;
  action: StepAction;
  status: StepStatus;
  /** for a pull: the first service that it is for */
  service: StepService;
  services: StepService[];
  server: { id: string | null; name: string };
  targetDigest: string | null;
  previousDigest: string | null;
  startedAt: string | null;
  completedAt: string | null;
  deadlineAt: string | null;
  error: string | null;
  exitCode: number | null;
  logs: string;
  downtimeMs: number | null;
  changes: ConfigChange[] | null;
  imageId: string | null;
  detail: string | null;
}

export interface PlanService {
  id: string | null;
  name: string;
  serverId: string | null;
  serverName: string;
  containerName: string;
  level: number;
  previousDigest: string | null;
  dependsOn: { position: number; name: string; type: "health_before" | "deploy_after" }[];
}

export interface Plan {
  id: string;
  name: string;
  environmentId: string;
  containerImageId: string | null;
  imageName: string;
  imageTag: string | null;
  imageDigest: string;
  imageDigestId: string | null;
  status: PlanStatus;
  rollingBack: boolean;
  cancelRequested: boolean;
  triggerType: "manual" | "webhook" | "auto_update" | "rollback";
  triggeredBy: string;
  autoRollback: boolean;
  parallelExecution: boolean;
  error: string | null;
  createdAt: string;
  startedAt: string | null;
  completedAt: string | null;
  services: PlanService[];
  steps: PlanStep[];
}

export interface DryRun {
  plan: Plan;
  steps?: PlanStep[];
  containers?: {
    service: StepService;
    containerName: string;
    changes: ConfigChange[];
    /** why it would not work */
    error: string | null;
  }[];
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
