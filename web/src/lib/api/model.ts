import type { Answer, Schemas } from "@bridgeport/client";

/*
 * What the API speaks of, by the names the console uses. The shapes come from the API's own
 * description, so that a field that changes there breaks the build here.
 */

export type User = Schemas["User"];
export type Role = User["role"];
export type Passkey = Schemas["Passkey"];
export type Session = Schemas["Session"];
export type ApiToken = Schemas["ApiToken"];
export type AuditEntry = Schemas["AuditLog"];
export type Environment = Schemas["Environment"];
export type OperationsSettings = Schemas["OperationsSettings"];
export type SystemSettings = Schemas["SystemSettings"];
export type Server = Schemas["Server"];
export type AgentAuthorityState = Schemas["AgentAuthorityState"];
export type DoctorCheck = Schemas["DoctorCheck"];
export type Join = Schemas["ServerJoin"];
export type Registry = Schemas["Registry"];
export type RegistryType = Registry["type"];
export type Digest = Schemas["ImageDigest"];
export type ImageComparison = Schemas["ImageComparison"];
export type SettingChange = ImageComparison["config"][number];
export type Image = Schemas["ContainerImage"];
export type ImageService = Schemas["ImageService"];
export type UpdateReason = Image["updateReason"];
export type Update = Schemas["Update"];
export type UpdateKind = Update["kind"];
export type ImageBehind = Schemas["ImageBehind"];
export type SkippedDigest = Schemas["SkippedDigest"];
export type WhatIf = Schemas["WhatIf"];
export type UpdatePolicy = Schemas["UpdatePolicy"];
export type Hooks = Schemas["Hooks"];
export type SignatureRule = Schemas["SignatureRule"];
export type SeenSignature = Schemas["SeenSignature"];
export type UpdateStatus = Schemas["UpdateStatus"];
export type QuarantinedDigest = Schemas["QuarantinedDigest"];
export type RegistryTag = Schemas["RepositoryTag"];
export type HistoryEntry = Schemas["ImageDeployment"];
export type Service = Schemas["Service"];
export type Container = Schemas["Container"];
export type Dependency = Schemas["Dependency"];
export type Plan = Schemas["DeploymentPlan"];
export type PlanStatus = Plan["status"];
export type PlanService = Plan["services"][number];
export type PlanStep = Schemas["PlanStep"];
export type Observation = Schemas["ContainerObservation"];
export type StepStatus = PlanStep["status"];
export type ConfigChange = Schemas["ContainerChange"];
export type Notification = Schemas["Notification"];
export type Webhook = Schemas["Webhook"];
export type WebhookEvent = Webhook["events"][number];
export type WebhookDelivery = Schemas["WebhookDelivery"];
export type DryRun = Answer<"post", "/api/deployment-plans/{id}/execute">;
