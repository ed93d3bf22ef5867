import type { FailureCode, RunCommand } from "@bridgeport/proto";
import { powersBeyond, powersText } from "@bridgeport/proto/powers";
import type { z } from "@hono/zod-openapi";
import { runCommand } from "../commands/await-command.ts";
import type { Database } from "../database/connection.ts";
import { notFound, Problem } from "../problem.ts";
import { findServer } from "../servers/servers.store.ts";
import type { Reader } from "../services/hidden-values.ts";
import { findService, type ServiceRow } from "../services/services.store.ts";
import { findConfigDigest } from "./plan-input.store.ts";
import { type changeSchema, changesJson, type StepJson } from "./plan-json.ts";
import { targetAt } from "./plan-targets.ts";
import { readPlan } from "./plans.store.ts";

export interface DryContainer {
  service: { id: string | null; name: string; serverName: string };
  containerName: string;
  changes: z.infer<typeof changeSchema>[];
  /** why it would not work */
  error: string | null;
  /** why what would change cannot be said, though it may well work; null: `changes` are all */
  changesUnknown: string | null;
  /** what there is to say of it all the same */
  detail: string | null;
}

export type DryRun = (planId: string, reader: Reader) => Promise<DryContainer[]>;

const patienceMs = 20_000;

/** What each container of a plan would keep and take, as its own agent says, touching nothing. */
export function dryRunWith({
  database,
  images,
}: {
  database: Database;
  images: {
    /** the settings that an image brings, from its registry; null where they cannot be had */
    imageConfig(imageId: string, configDigest: string): Promise<Record<string, unknown> | null>;
  };
}): DryRun {
  return async (planId, reader) => {
    const whole = await readPlan(database, planId);
    if (!whole) throw notFound("deployment plan");
    return Promise.all(
      whole.services.map(async (service): Promise<DryContainer> => {
        const about = {
          service: {
            id: service.serviceId,
            name: service.serviceName,
            serverName: service.serverName,
          },
          containerName: service.containerName,
        };
        const step = whole.steps.find(
          ({ action, servicePosition }) =>
            action === "deploy" && servicePosition === service.position,
        );
        const server = service.serverId && (await findServer(database, service.serverId));
        if (step?.body.kind !== "run" || !server) {
          const error = "The service or its server was removed";
          return { ...about, changes: [], error, changesUnknown: null, detail: null };
        }
        const written = service.serviceId && (await findService(database, service.serviceId));
        const detail = written ? createdWithMore(step.body, written) : null;
        try {
          const { containerImageId, imageDigestId } = targetAt(
            whole.targets,
            service.targetPosition,
          );
          const configDigest =
            imageDigestId && (await findConfigDigest(database, imageDigestId, server.id));
          const config =
            configDigest &&
            containerImageId &&
            (await images.imageConfig(containerImageId, configDigest));
          const body = { ...step.body, dryRun: true, imageConfig: config || null };
          const { registryId } = step;
          const { changes } = await runCommand<"run">(database, server, body, patienceMs, {
            registryId,
          });
          const shown = changesJson(changes, reader, whole.plan.environmentId);
          return { ...about, changes: shown, error: null, changesUnknown: null, detail };
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          // The agent has found nothing against it, but does not know the image that is to be pulled.
          const unknown = error.code === ("image_missing" satisfies FailureCode);
          return {
            ...about,
            changes: [],
            error: unknown ? null : error.message,
            changesUnknown: unknown ? imageNotYetOn(server.name) : null,
            detail,
          };
        }
      }),
    );
  };
}

function imageNotYetOn(serverName: string): string {
  return `${serverName} does not have the image yet, and its registry cannot be asked about it, so what it changes cannot be shown ahead. The plan pulls it before anything is replaced.`;
}

/**
 * Where a container would be created from what an agent recorded of an earlier one: a sentence that names each
 * right on the host that the service's own specification does not give it; null: there is none.
 */
export function createdWithMore(
  { containerName, spec: made }: Pick<RunCommand, "containerName" | "spec">,
  { serverName, spec: written }: Pick<ServiceRow, "serverName" | "spec">,
): string | null {
  const powers = made === null ? [] : powersBeyond(made, written);
  if (powers.length === 0) return null;
  const than = written === null ? "any container has" : "the service's specification says";
  return `${containerName} would be created from what the agent of ${serverName} recorded of an earlier container, with more rights on the host than ${than}: ${powersText(powers)}. Give the service a specification to have it created from that instead.`;
}

/** What a job would do, for people. */
function jobSentence(
  { command, containerName }: NonNullable<StepJson["job"]>,
  serverName: string,
): string {
  return `Runs ${command.join(" ")} once on ${serverName}, from the new image and with the settings of ${containerName}. A rollback does not undo it.`;
}

/** What a hook would do, for people. */
function hookSentence({ when, method, url }: NonNullable<StepJson["hook"]>): string {
  return when === "before"
    ? `Calls ${method} ${url} before anything is touched. Any other answer than 2xx ends the plan.`
    : `Calls ${method} ${url} when the plan ends, whichever way.`;
}

/** A deploy step as it would end. */
export function withChanges(step: StepJson, containers: DryContainer[]): StepJson {
  if (step.hook !== null) return { ...step, detail: hookSentence(step.hook) };
  if (step.job !== null) return { ...step, detail: jobSentence(step.job, step.server.name) };
  const { name, serverName } = step.service;
  const container = containers.find(
    ({ service }) => service.name === name && service.serverName === serverName,
  );
  if (step.action !== "deploy" || container === undefined) return step;
  const { changes, error, changesUnknown, detail } = container;
  const said = error === null && changesUnknown === null ? changes : null;
  const remarks = [changesUnknown, detail].filter((remark) => remark !== null);
  return { ...step, error, changes: said, detail: remarks.join(" ") || null };
}
