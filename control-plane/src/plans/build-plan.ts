import {
  type ContainerSpec,
  defaultWaitMs,
  fittingPlatform,
  type Observation,
  type RollbackCommand,
} from "@bridgeport/proto";
import { getBestTag } from "../images/best-tag.ts";
import { storedTagFilter } from "../images/tag-filter.ts";
import { keptTag, lineOf } from "../images/tag-line.ts";
import { pinnedReference } from "../registries/reference.ts";
import { deploymentLevels } from "../services/dependency-graph.ts";
import { gateOf } from "../services/gate.ts";
import type { StepBody } from "./hook.ts";
import { hookSteps, type PlanHook } from "./hook-steps.ts";
import { jobSteps } from "./job-steps.ts";
import { observationOf } from "./observed.ts";
import type { DependencyType, OutsideNeed, StepAction, TriggerType } from "./plan.ts";
import type { PlanInput, PlanInputService, PlanInputTarget } from "./plan-input.ts";
import type { PlanTarget } from "./plan-targets.ts";
import { noServices, refuseOffline, refuseOtherPlatforms } from "./refusals.ts";
import { batchesOf, type Rollout, soakAfter } from "./rollout.ts";
import { isThere, type LeftOut } from "./taking-part.ts";

export interface BuiltPlan {
  id: string;
  environmentId: string;
  triggerType: TriggerType;
  triggeredBy: string;
  triggeredById: string | null;
  autoRollback: boolean;
  parallelExecution: boolean;
  leftOut: LeftOut[];
  rollout: Rollout | null;
  targets: PlanTarget[];
  services: BuiltService[];
  steps: BuiltStep[];
  /** what is secret of the hooks that its steps call */
  hooks: PlanHook[];
}

export interface BuiltService {
  position: number;
  targetPosition: number;
  serviceId: string;
  serviceName: string;
  serverId: string;
  serverName: string;
  containerName: string;
  /** the tag that it is deployed by */
  imageTag: string | null;
  level: number;
  /** from 1 */
  batch: number;
  dependsOn: { position: number; type: DependencyType }[];
  outside: OutsideNeed[];
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
  /** null: before every batch, or going back */
  batch: number | null;
  action: StepAction;
  servicePosition: number | null;
  /** of a pull: what it is for; null: as its service */
  targetPosition: number | null;
  /** null once the server was deleted, for a step that goes back */
  serverId: string | null;
  serverName: string;
  targetDigest: string | null;
  previousDigest: string | null;
  timeoutMs: number;
  commandId: string;
  /** of a soak and of a hook, which no agent carries out, what it is */
  body: StepBody;
  registryId: string | null;
}

const pullTimeoutMs = 30 * 60_000;
/** beside what the container itself may take to stop, and to become healthy where that is awaited */
const deployTimeoutMs = 5 * 60_000;
const healthTimeoutFloorMs = 60_000;

/**
 * Fixes everything about a deployment: who, in which order, from which digest to which, with
 * which commands. Nothing is chosen later. Every target is pulled before any service of any target
 * is touched, and levels follow from the dependencies among the services of all of them.
 * @throws {Problem} when it cannot be done: nothing to deploy, a cycle, a server that is offline
 */
export function buildPlan(input: PlanInput): BuiltPlan {
  const targets = input.targets.map(movingTarget);
  const taking = targets.flatMap((target) =>
    target.services.map((service) => ({ service, target })),
  );
  if (taking.length === 0) {
    throw noServices();
  }
  refuseOffline(taking.map(({ service }) => service));
  input.targets.forEach(refuseOtherPlatforms);
  const ordered = order(input, taking);

  const deployCommandIds = new Map(ordered.map(({ service }) => [service.id, input.newId()]));
  const services = ordered.map(({ service, target, level, batch }, position) => {
    const { reference: back, spec, ...previous } = wayBack(target.image, service);
    return {
      position,
      targetPosition: target.position,
      serviceId: service.id,
      serviceName: service.name,
      serverId: service.serverId,
      serverName: service.serverName,
      containerName: service.containerName,
      imageTag: target.tagOf(service),
      level,
      batch,
      dependsOn: input.dependencies
        .filter(({ serviceId }) => serviceId === service.id)
        .map(({ dependsOnId, type }) => ({
          position: ordered.findIndex((other) => other.service.id === dependsOnId),
          type,
        })),
      outside: input.outside.get(service.id) ?? [],
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

  const hooks = hookSteps(input.hooks, input.newId);
  const steps = [
    ...hooks.before,
    ...targets.flatMap((target) =>
      pullSteps(
        input,
        target,
        ordered.flatMap(({ service, target: own }) => (own === target ? [service] : [])),
      ),
    ),
    ...jobTargets(ordered).flatMap((target) => targetJob(input, target, ordered)),
    ...ordered.flatMap((one, position) => [
      ...serviceSteps(input, one, position, deployCommandIds),
      ...(ordered[position + 1]?.batch === one.batch ? [] : soakStep(input, one, ordered)),
    ]),
    ...hooks.after,
  ].map((step, position) => ({ id: input.newId(), position, batch: null, ...step }));

  return {
    id: input.newId(),
    environmentId: input.environmentId,
    triggerType: input.triggerType,
    triggeredBy: input.triggeredBy,
    triggeredById: input.triggeredById,
    autoRollback: input.autoRollback,
    parallelExecution: input.parallelExecution,
    leftOut: input.leftOut,
    rollout: input.rollout ?? null,
    targets: targets.map(({ position, image, digest, toTag, signature }) => ({
      position,
      containerImageId: image.id,
      imageName: image.imageName,
      imageTag: toTag,
      imageDigest: digest.manifestDigest,
      imageDigestId: digest.id,
      signature,
    })),
    services,
    steps,
    hooks: hooks.hooks,
  };
}

/** A target with the names that its services are deployed by. */
interface MovingTarget extends PlanInputTarget {
  position: number;
  /** what was asked for, or the digest's best tag */
  toTag: string | null;
  tagOf(service: PlanInputService): string | null;
}

function movingTarget(target: PlanInputTarget, position: number): MovingTarget {
  const { image, digest, tag, named } = target;
  const filter = storedTagFilter(image.tagFilter);
  const toTag = tag ?? getBestTag(digest.tags, filter.patterns);
  const line = lineOf(filter, digest.tags, tag);
  return {
    ...target,
    position,
    toTag,
    // Of several names of one digest, a service goes on following its own.
    tagOf: ({ imageTag }) => (named ? toTag : (keptTag(line, imageTag) ?? toTag)),
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

interface Taking {
  service: PlanInputService;
  target: MovingTarget;
}

interface Ordered extends Taking {
  level: number;
  batch: number;
}

/**
 * Batch by batch, level by level inside a batch, and by name inside a level, so that the same input gives
 * the same plan.
 */
function order(input: PlanInput, taking: Taking[]): Ordered[] {
  const leveled = byLevel(input, taking);
  const batches = batchesOf(
    leveled.map(({ service: { id }, target }) => ({
      id,
      imageId: target.image.id,
      needs: input.dependencies.flatMap(({ serviceId, dependsOnId }) =>
        serviceId === id ? [dependsOnId] : [],
      ),
    })),
    input.rollout?.batch ?? null,
  );
  return leveled
    .map((one) => ({ ...one, batch: batches.get(one.service.id) ?? 1 }))
    .sort((a, b) => a.batch - b.batch);
}

function byLevel(input: PlanInput, taking: Taking[]): Omit<Ordered, "batch">[] {
  const nameOf = ({ service: { name, serverName, id } }: Taking) => `${name}\0${serverName}\0${id}`;
  const sorted = taking.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b), "en"));
  const levels = deploymentLevels(
    sorted.map(({ service }) => service),
    input.dependencies,
  );
  return levels.flatMap((ids, level) =>
    sorted.filter(({ service }) => ids.includes(service.id)).map((one) => ({ ...one, level })),
  );
}

type Draft = Omit<BuiltStep, "id" | "position" | "batch"> & Partial<Pick<BuiltStep, "batch">>;

/** One for each server: everything is there before anything is touched. */
function pullSteps(
  input: PlanInput,
  { position, image, digest, toTag }: MovingTarget,
  ordered: PlanInputService[],
): Draft[] {
  const servers = new Map<string, PlanInputService[]>();
  for (const service of ordered) {
    servers.set(service.serverId, [...(servers.get(service.serverId) ?? []), service]);
  }
  return [...servers.values()].flatMap((services) => {
    const [first] = services;
    if (!first) return [];
    const wanted = first.container?.imagePlatform ?? first.serverPlatform;
    const platform = wanted === null ? null : fittingPlatform(digest.platforms, wanted);
    return [
      {
        level: 0,
        action: "pull" as const,
        servicePosition: null,
        targetPosition: position,
        serverId: first.serverId,
        serverName: first.serverName,
        targetDigest: digest.manifestDigest,
        previousDigest: null,
        timeoutMs: pullTimeoutMs,
        commandId: input.newId(),
        registryId: image.registryId,
        body: {
          kind: "pull" as const,
          reference: pinnedReference(image.imageName, toTag, digest.manifestDigest),
          platform: first.container?.imagePlatform ?? null,
          credentials: null,
          sizeBytes: platform?.size ?? digest.size,
          platforms: digest.platforms.map((known) => known.platform),
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

/** A target of each image, in the order of their first services: an image's job runs once in a plan. */
function jobTargets(ordered: readonly Taking[]): MovingTarget[] {
  const first = new Map<string, MovingTarget>();
  for (const { target } of ordered) {
    if (!first.has(target.image.id)) first.set(target.image.id, target);
  }
  return [...first.values()];
}

/** The steps of the job of a target's image; none where it has no job. */
function targetJob(
  { jobs, newId }: PlanInput,
  target: MovingTarget,
  ordered: readonly Taking[],
): Draft[] {
  const { image, digest, toTag } = target;
  const own = ordered.filter((taking) => taking.target === target);
  const steps = jobSteps(
    jobs?.get(image.id) ?? null,
    {
      ...{ imageName: image.imageName, registryId: image.registryId, digest, pullTimeoutMs },
      reference: pinnedReference(image.imageName, toTag, digest.manifestDigest),
      expectedImageIds: expectedImageIds(digest),
      pulledOn: new Set(own.map(({ service }) => service.serverId)),
    },
    newId,
  );
  return steps.map((step) => ({ ...step, targetPosition: target.position }));
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

/** What comes after the last service of a batch. */
function soakStep(
  input: PlanInput,
  { target, level, batch }: Ordered,
  ordered: readonly Ordered[],
): Draft[] {
  if (!input.rollout) return [];
  const body = soakAfter(input.rollout, batch, ordered.at(-1)?.batch ?? batch);
  if (body === null) return [];
  return [
    {
      ...{ level, batch, action: "soak", servicePosition: null, targetPosition: target.position },
      // It is of all servers of its batch, and no agent is told of it.
      ...{ serverId: null, serverName: "", targetDigest: null, previousDigest: null },
      ...{ timeoutMs: body.durationMs, commandId: input.newId(), body, registryId: null },
    },
  ];
}

function serviceSteps(
  input: PlanInput,
  { service, target: { image, digest, tagOf }, level, batch }: Ordered,
  position: number,
  deployCommandIds: Map<string, string>,
): Draft[] {
  const gate = gateOf(service);
  const shared = {
    level,
    batch,
    servicePosition: position,
    targetPosition: null,
    serverId: service.serverId,
    serverName: service.serverName,
    targetDigest: digest.manifestDigest,
    previousDigest: service.runningDigest ?? service.deployedDigest,
    registryId: image.registryId,
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
        reference: pinnedReference(image.imageName, tagOf(service), digest.manifestDigest),
        order: service.deployOrder,
        // What is removed while the plan runs is not brought back.
        spec: isThere(service) ? null : (service.recordedSpec ?? service.spec),
        gate,
        allowAutoRemove: input.allowAutoRemove ?? false,
        dryRun: false,
        imageConfig: null,
        expectedImageIds: expectedImageIds(digest),
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
function expectedImageIds(digest: PlanInputTarget["digest"]): string[] {
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
