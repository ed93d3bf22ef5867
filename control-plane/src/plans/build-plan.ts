import {
  type CommandBody,
  type ContainerSpec,
  defaultWaitMs,
  fittingPlatform,
  type Observation,
  platformFits,
  type RollbackCommand,
} from "@bridgeport/proto";
import { getBestTag } from "../images/best-tag.ts";
import { storedTagFilter } from "../images/tag-filter.ts";
import { keptTag, lineOf } from "../images/tag-line.ts";
import { Problem } from "../problem.ts";
import { pinnedReference } from "../registries/reference.ts";
import { deploymentLevels } from "../services/dependency-graph.ts";
import { gateOf } from "../services/gate.ts";
import { observationOf } from "./observed.ts";
import type { DependencyType, StepAction, TriggerType } from "./plan.ts";
import type { PlanInput, PlanInputService } from "./plan-input.ts";
import { isThere, type LeftOut } from "./taking-part.ts";

export interface BuiltPlan {
  id: string;
  environmentId: string;
  containerImageId: string;
  imageName: string;
  imageTag: string | null;
  imageDigest: string;
  imageDigestId: string;
  triggerType: TriggerType;
  triggeredBy: string;
  triggeredById: string | null;
  autoRollback: boolean;
  parallelExecution: boolean;
  leftOut: LeftOut[];
  services: BuiltService[];
  steps: BuiltStep[];
}

export interface BuiltService {
  position: number;
  serviceId: string;
  serviceName: string;
  serverId: string;
  serverName: string;
  containerName: string;
  /** the tag that it is deployed by */
  imageTag: string | null;
  level: number;
  dependsOn: { position: number; type: DependencyType }[];
  previousDigestId: string | null;
  previousDigest: string | null;
  previousImageTag: string | null;
  /** its container as it was reported */
  observed: Observation | null;
  rollbackBody: RollbackCommand;
}

export interface BuiltStep {
  id: string;
  position: number;
  level: number;
  action: StepAction;
  servicePosition: number | null;
  /** null once the server was deleted, for a step that goes back */
  serverId: string | null;
  serverName: string;
  targetDigest: string | null;
  previousDigest: string | null;
  timeoutMs: number;
  commandId: string;
  body: CommandBody;
  registryId: string | null;
}

const pullTimeoutMs = 30 * 60_000;
/** beside what the container itself may take to stop, and to become healthy where that is awaited */
const deployTimeoutMs = 5 * 60_000;
const healthTimeoutFloorMs = 60_000;

/**
 * Fixes everything about a deployment: who, in which order, from which digest to which, with
 * which commands. Nothing is chosen later.
 * @throws {Problem} when it cannot be done: nothing to deploy, a cycle, a server that is offline
 */
export function buildPlan(input: PlanInput): BuiltPlan {
  if (input.services.length === 0) {
    throw noServices();
  }
  refuseOffline(input.services);
  refuseOtherPlatforms(input);
  const ordered = order(input);
  const filter = storedTagFilter(input.image.tagFilter);
  const tag = input.tag ?? getBestTag(input.digest.tags, filter.patterns);
  const reference = pinnedReference(input.image.imageName, tag, input.digest.manifestDigest);
  const line = lineOf(filter, input.digest.tags, input.tag);
  /** Of several names of one digest, a service goes on following its own. */
  const tagOf = ({ imageTag }: PlanInputService) =>
    input.named ? tag : (keptTag(line, imageTag) ?? tag);

  const deployCommandIds = new Map(ordered.map(({ service }) => [service.id, input.newId()]));
  const services = ordered.map(({ service, level }, position) => {
    const { reference: back, spec, ...previous } = wayBack(input.image, service);
    return {
      position,
      serviceId: service.id,
      serviceName: service.name,
      serverId: service.serverId,
      serverName: service.serverName,
      containerName: service.containerName,
      imageTag: tagOf(service),
      level,
      dependsOn: input.dependencies
        .filter(({ serviceId }) => serviceId === service.id)
        .map(({ dependsOnId, type }) => ({
          position: ordered.findIndex((other) => other.service.id === dependsOnId),
          type,
        })),
      ...previous,
      rollbackBody: {
        kind: "rollback" as const,
        serviceId: service.id,
        containerName: service.containerName,
        runCommandId: deployCommandIds.get(service.id) ?? "",
        reference: back,
        spec,
        order: service.deployOrder,
        gate: gateOf(service),
        credentials: null,
      },
    };
  });

  const steps = [
    ...pullSteps(input, ordered, reference),
    ...ordered.flatMap(({ service, level }, position) =>
      serviceSteps(
        input,
        { service, level, position },
        pinnedReference(input.image.imageName, tagOf(service), input.digest.manifestDigest),
        deployCommandIds,
      ),
    ),
  ].map((step, position) => ({ id: input.newId(), position, ...step }));

  return {
    id: input.newId(),
    environmentId: input.image.environmentId,
    containerImageId: input.image.id,
    imageName: input.image.imageName,
    imageTag: tag,
    imageDigest: input.digest.manifestDigest,
    imageDigestId: input.digest.id,
    triggerType: input.triggerType,
    triggeredBy: input.triggeredBy,
    triggeredById: input.triggeredById,
    autoRollback: input.autoRollback,
    parallelExecution: input.parallelExecution,
    leftOut: input.leftOut,
    services,
    steps,
  };
}

/** What a service goes back to, and what its container is made from where there is none. */
export interface WayBack {
  previousDigestId: string | null;
  previousDigest: string | null;
  previousImageTag: string | null;
  observed: Observation | null;
  /** by digest; null: nothing is known to have run */
  reference: string | null;
  spec: ContainerSpec | null;
}

export function wayBack(image: { imageName: string }, service: PlanInputService): WayBack {
  const previousDigest = service.runningDigest ?? service.deployedDigest;
  return {
    previousDigestId: service.runningDigestId ?? service.deployedDigestId,
    previousDigest,
    previousImageTag: service.imageTag,
    observed: isThere(service) ? observationOf(service.container) : null,
    reference: previousDigest && pinnedReference(image.imageName, service.imageTag, previousDigest),
    spec: service.recordedSpec ?? service.spec,
  };
}

export function noServices(): Problem {
  return new Problem("invalid", "no_services", "No services linked to this image");
}

function refuseOffline(services: PlanInputService[]): void {
  const offline = [
    ...new Set(services.filter(({ serverOnline }) => !serverOnline).map((s) => s.serverName)),
  ];
  if (offline.length === 0) return;
  throw new Problem(
    "agent_unavailable",
    "server_offline",
    `${offline.join(", ")} ${offline.length === 1 ? "is" : "are"} offline: start the agent there, or deploy to the other services with \`serviceIds\`.`,
  );
}

function refuseOtherPlatforms({ services, digest }: PlanInput): void {
  const known = digest.platforms.map(({ platform }) => platform);
  if (known.length === 0) return;
  for (const { serverPlatform, serverName, container } of services) {
    const wanted = container?.imagePlatform ?? serverPlatform;
    if (wanted === null || known.some((platform) => platformFits(platform, wanted))) continue;
    throw new Problem(
      "invalid",
      "no_platform",
      `This digest is for ${known.join(", ")}, and ${serverName} needs ${wanted}: choose a digest that has it.`,
    );
  }
}

/** Level by level, and by name inside a level, so that the same input gives the same plan. */
function order(input: PlanInput): { service: PlanInputService; level: number }[] {
  const sorted = input.services.toSorted((a, b) =>
    `${a.name}\0${a.serverName}\0${a.id}`.localeCompare(
      `${b.name}\0${b.serverName}\0${b.id}`,
      "en",
    ),
  );
  const levels = deploymentLevels(sorted, input.dependencies);
  return levels.flatMap((ids, level) =>
    sorted.filter(({ id }) => ids.includes(id)).map((service) => ({ service, level })),
  );
}

type Draft = Omit<BuiltStep, "id" | "position">;

/** One for each server: everything is there before anything is touched. */
function pullSteps(
  input: PlanInput,
  ordered: { service: PlanInputService }[],
  reference: string,
): Draft[] {
  const servers = new Map<string, PlanInputService[]>();
  for (const { service } of ordered) {
    servers.set(service.serverId, [...(servers.get(service.serverId) ?? []), service]);
  }
  return [...servers.values()].flatMap((services) => {
    const [first] = services;
    if (!first) return [];
    const wanted = first.container?.imagePlatform ?? first.serverPlatform;
    const platform = wanted === null ? null : fittingPlatform(input.digest.platforms, wanted);
    return [
      {
        level: 0,
        action: "pull" as const,
        servicePosition: null,
        serverId: first.serverId,
        serverName: first.serverName,
        targetDigest: input.digest.manifestDigest,
        previousDigest: null,
        timeoutMs: pullTimeoutMs,
        commandId: input.newId(),
        registryId: input.image.registryId,
        body: {
          kind: "pull" as const,
          reference,
          platform: first.container?.imagePlatform ?? null,
          credentials: null,
          sizeBytes: platform?.size ?? input.digest.size,
          platforms: input.digest.platforms.map((known) => known.platform),
          containers: services.map((service) => ({
            containerName: service.containerName,
            ports: wantedPorts(service),
            order: service.deployOrder,
            allowAutoRemove: input.allowAutoRemove ?? false,
            mustExist: isThere(service),
          })),
        },
      },
    ];
  });
}

/** A container that is there keeps its ports; one that is created from a spec needs those free. */
function wantedPorts(service: PlanInputService) {
  if (service.container) return service.container.ports.filter(({ hostPort }) => hostPort !== null);
  const host = service.spec?.HostConfig as
    | { PortBindings?: Record<string, { HostIp?: string; HostPort?: string }[] | null> }
    | undefined;
  return Object.entries(host?.PortBindings ?? {}).flatMap(([key, bindings]) => {
    const [port, protocol = "tcp"] = key.split("/");
    return (bindings ?? [])
      .filter(({ HostPort }) => HostPort && HostPort !== "0" && /^\d+$/.test(HostPort))
      .map(({ HostIp, HostPort }) => ({
        containerPort: Number(port),
        hostPort: Number(HostPort),
        hostIp: HostIp || null,
        protocol,
      }));
  });
}

function serviceSteps(
  input: PlanInput,
  { service, level, position }: { service: PlanInputService; level: number; position: number },
  reference: string,
  deployCommandIds: Map<string, string>,
): Draft[] {
  const gate = gateOf(service);
  const shared = {
    level,
    servicePosition: position,
    serverId: service.serverId,
    serverName: service.serverName,
    targetDigest: input.digest.manifestDigest,
    previousDigest: service.runningDigest ?? service.deployedDigest,
    registryId: input.image.registryId,
  };
  const gateMs = gateTimeMs(service);
  return [
    {
      ...shared,
      action: "deploy",
      timeoutMs: deployTimeMs(service),
      commandId: deployCommandIds.get(service.id) ?? input.newId(),
      body: {
        kind: "run",
        serviceId: service.id,
        containerName: service.containerName,
        reference,
        order: service.deployOrder,
        // What is removed while the plan runs is not brought back.
        spec: isThere(service) ? null : (service.recordedSpec ?? service.spec),
        gate,
        allowAutoRemove: input.allowAutoRemove ?? false,
        dryRun: false,
        imageConfig: null,
        expectedImageIds: expectedImageIds(input.digest),
      },
    },
    {
      ...shared,
      action: "health_check",
      timeoutMs: gateMs + healthTimeoutFloorMs,
      commandId: input.newId(),
      body: {
        kind: "probe",
        serviceId: service.id,
        containerName: service.containerName,
        gate,
        once: false,
      },
    },
  ];
}

function deployTimeMs(service: PlanInputService): number {
  const { container, deployOrder } = service;
  const stopMs = container?.stopLimitMs ?? 0;
  const besideMs = Math.max(gateTimeMs(service), container?.checkLimitMs ?? 0);
  return deployTimeoutMs + stopMs + (deployOrder === "start-first" ? besideMs : 0);
}

/** The gate's own time: `healthWaitMs + healthRetries × healthIntervalMs`. */
export function gateTimeMs(
  service: Pick<
    PlanInputService,
    "healthWaitMs" | "healthRetries" | "healthIntervalMs" | "container"
  >,
): number {
  const wait = service.healthWaitMs ?? defaultWaitMs.withCheck;
  return wait + service.healthRetries * service.healthIntervalMs;
}

/** What an engine may call this image: its own digest, a platform's, or a config's. */
function expectedImageIds(digest: PlanInput["digest"]): string[] {
  const ids = [
    digest.manifestDigest,
    digest.configDigest,
    ...digest.platforms.flatMap(({ manifestDigest, configDigest }) => [
      manifestDigest,
      configDigest,
    ]),
  ];
  return [...new Set(ids.filter((id) => id !== null))];
}
