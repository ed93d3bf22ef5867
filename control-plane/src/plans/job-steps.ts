import {
  type ContainerSpec,
  type JobCommand,
  jobCapability,
  type PullCommand,
} from "@bridgeport/proto";
import { Problem } from "../problem.ts";

/** The job of an image, with all that a plan fixes of it. */
export interface PlanJob {
  /** in the place of the image's CMD */
  command: string[];
  /** how long it may run, in milliseconds */
  timeoutMs: number;
  /** whose container's settings it has; null: that service was deleted */
  service: PlanJobService | null;
}

export interface PlanJobService {
  id: string;
  name: string;
  containerName: string;
  serverId: string;
  serverName: string;
  serverOnline: boolean;
  /** what the agent of its server says that it can do */
  capabilities: readonly string[];
  /** it is linked to the image of the job */
  linked: boolean;
  /** its container is there */
  present: boolean;
  /** what its container would be created from */
  spec: ContainerSpec | null;
}

/** What an image's job is run from. */
export interface JobTarget {
  imageName: string;
  registryId: string | null;
  digest: { manifestDigest: string; size: number | null; platforms: { platform: string }[] };
  /** the image by its digest */
  reference: string;
  /** ids that an engine may give to it */
  expectedImageIds: string[];
  /** ids of the servers that the plan pulls it on for its services */
  pulledOn: ReadonlySet<string>;
  pullTimeoutMs: number;
}

/** A step as a plan is built of it. */
export interface JobStep {
  level: 0;
  action: "pull" | "job";
  servicePosition: null;
  serverId: string;
  serverName: string;
  targetDigest: string;
  previousDigest: null;
  timeoutMs: number;
  commandId: string;
  body: PullCommand | JobCommand;
  registryId: string | null;
}

/** Beside the time that the job itself may take: to create its container, to stop and to remove it. */
const aroundMs = 5 * 60_000;

/** The step of an image's job, after a pull of its own where it runs on a server that is not pulled on otherwise. */
export function jobSteps(job: PlanJob | null, target: JobTarget, newId: () => string): JobStep[] {
  if (job === null) return [];
  const step = jobStep(job, target, newId);
  if (target.pulledOn.has(step.serverId)) return [step];
  const { digest, reference, pullTimeoutMs } = target;
  const pull: JobStep = {
    ...{ ...step, action: "pull", timeoutMs: pullTimeoutMs, commandId: newId() },
    body: {
      ...{ kind: "pull", reference, platform: null, credentials: null, containers: [] },
      ...{ sizeBytes: digest.size, platforms: digest.platforms.map(({ platform }) => platform) },
    },
  };
  return [pull, step];
}

/**
 * The step that runs an image's job: once in the plan, when every image is there and before any service is
 * replaced. A rollback has none, as going back does not undo what a job has done.
 * @throws {Problem} why it cannot run: no plan is made without a job that its image has
 */
export function jobStep(job: PlanJob, target: JobTarget, newId: () => string): JobStep {
  const service = jobService(job, target.imageName);
  const { command, timeoutMs } = job;
  return {
    level: 0,
    action: "job",
    servicePosition: null,
    serverId: service.serverId,
    serverName: service.serverName,
    targetDigest: target.digest.manifestDigest,
    previousDigest: null,
    timeoutMs: timeoutMs + aroundMs,
    commandId: newId(),
    registryId: target.registryId,
    body: {
      kind: "job",
      serviceId: service.id,
      containerName: service.containerName,
      reference: target.reference,
      command: [...command],
      timeoutMs,
      // What is removed while the plan runs is not brought back.
      spec: service.present ? null : service.spec,
      expectedImageIds: target.expectedImageIds,
    },
  };
}

/**
 * The service whose settings a job has.
 * @throws {Problem} where there is none, or its server cannot run it
 */
export function jobService({ service }: PlanJob, imageName: string): PlanJobService {
  const refuse = (code: string, why: string): never => {
    throw new Problem("invalid", code, `The job of ${imageName} ${why}`);
  };
  const change = "give the job another service, or remove the job.";
  if (service === null) {
    return refuse(
      "job_without_service",
      `has the settings of a service that was deleted: ${change}`,
    );
  }
  const { name, serverName } = service;
  if (!service.linked) {
    return refuse(
      "job_without_service",
      `has the settings of ${name}, which is linked to another image now: ${change}`,
    );
  }
  if (!service.present && service.spec === null) {
    return refuse(
      "job_without_service",
      `has the settings of ${name}, whose container is gone from ${serverName}: create it there again, ${change}`,
    );
  }
  if (!service.serverOnline) {
    throw new Problem(
      "agent_unavailable",
      "server_offline",
      `The job of ${imageName} runs on ${serverName}, which is offline: start the agent there, ${change}`,
    );
  }
  if (!service.capabilities.includes(jobCapability)) {
    return refuse(
      "agent_outdated",
      `cannot run on ${serverName}, whose agent is of a version that runs no jobs: upgrade the agent there, ${change}`,
    );
  }
  return service;
}
