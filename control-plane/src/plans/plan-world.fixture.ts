import type { CommandBody, Failure, ResultBody } from "@bridgeport/proto";
import { pino } from "pino";
import { type CommandRow, recordOutcome } from "../commands/commands.store.ts";
import { type Database, json } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { reportOf, storeContainer } from "../inventory/discovered.fixture.ts";
import { advance } from "./advance.ts";
import type { DeployRequest } from "./create-plan.ts";
import { readPlan, type WholePlan } from "./plans.store.ts";
import type { TargetRequest } from "./read-target.ts";

/*
 * Rows for plans, and an agent that answers commands as a test tells it to. The database is
 * real; only the far end of the stream is not there.
 */

export interface World {
  environmentId: string;
  imageId: string;
  /** two digests, older first */
  digests: { id: string; manifestDigest: string }[];
  serverIds: string[];
  serviceIds: string[];
}

export const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;

/** Deploys the newer digest to all services, by a person, at once. */
export function deployOf(
  world: Pick<World, "imageId" | "digests">,
  {
    imageId = world.imageId,
    imageDigestId = world.digests[1]?.id ?? "",
    tag = null,
    serviceIds = null,
    ...more
  }: Partial<DeployRequest & TargetRequest> = {},
): DeployRequest {
  return {
    targets: [{ imageId, imageDigestId, tag, serviceIds }],
    autoRollback: true,
    parallelExecution: false,
    triggerType: "manual",
    execute: true,
    ...more,
  };
}

/** What makes plans, where no registry has to be asked for anything. */
export function planParts(database: Database) {
  return {
    database,
    log: pino({ level: "silent" }),
    images: { repositoryOf: () => Promise.reject(new Error("No registry is asked in this test")) },
  };
}

export async function newWorld(
  database: Database,
  {
    services = 2,
    servers = 1,
    serverOf = (service) => service % servers,
    capabilities = [],
  }: {
    services?: number;
    servers?: number;
    /** on which server a service is, both by their numbers; in turn where it is left out */
    serverOf?: (service: number) => number;
    capabilities?: string[];
  } = {},
): Promise<World> {
  const name = newId();
  const environmentId = await insertEnvironment(database, name);
  const { imageId, digests } = await newImage(database, environmentId, "app");
  const serverIds: string[] = [];
  for (let index = 0; index < servers; index++) {
    const id = newId();
    await database`
      insert into servers (id, environment_id, name, status, last_seen_at, agent_capabilities)
      values (${id}, ${environmentId}, ${`server-${index}`}, 'online',
        now() + interval '1 day', ${capabilities}::text[])`;
    serverIds.push(id);
  }
  const serviceIds: string[] = [];
  for (let index = 0; index < services; index++) {
    const serverId = serverIds[serverOf(index)] ?? "";
    const own = { environmentId, imageId, digests, serverId, name: `service-${index}` };
    serviceIds.push(await newService(database, own));
  }
  return { environmentId, imageId, digests, serverIds, serviceIds };
}

/** Another image in the environment of a world, with a service on each of its servers. */
export async function addImage(database: Database, world: World, name: string): Promise<World> {
  const { environmentId, serverIds } = world;
  const image = await newImage(database, environmentId, name);
  const serviceIds: string[] = [];
  for (const [index, serverId] of serverIds.entries()) {
    const own = { environmentId, ...image, serverId, name: `${name}-${index}` };
    serviceIds.push(await newService(database, own));
  }
  return { environmentId, ...image, serverIds, serviceIds };
}

async function newImage(
  database: Database,
  environmentId: string,
  name: string,
): Promise<Pick<World, "imageId" | "digests">> {
  const imageId = newId();
  await database`
    insert into container_images (id, environment_id, name, image_name, normalized_name, tag_filter)
    values (${imageId}, ${environmentId}, ${name}, ${`registry.test/${name}`},
      ${`registry.test/${name}-${imageId}`}, '*')`;
  const digests = await Promise.all(
    ["a", "b"].map(async (letter, index) => {
      const id = newId();
      await database`
        insert into image_digests (id, container_image_id, manifest_digest, config_digest, tags, pushed_at)
        values (${id}, ${imageId}, ${digestOf(letter)}, ${digestOf(letter === "a" ? "1" : "2")},
          ${[`v${index + 1}`]}, now() + make_interval(secs => ${index}))`;
      return { id, manifestDigest: digestOf(letter) };
    }),
  );
  return { imageId, digests };
}

/** At the older digest, with a container that runs. */
async function newService(
  database: Database,
  {
    environmentId,
    imageId,
    digests,
    serverId,
    name,
  }: Pick<World, "environmentId" | "imageId" | "digests"> & { serverId: string; name: string },
): Promise<string> {
  const id = newId();
  await database`
    insert into services (id, environment_id, server_id, name, container_name, container_image_id,
      image_tag, deployed_digest_id, running_digest, discovery_status, ever_found, health_probe)
    values (${id}, ${environmentId}, ${serverId}, ${name}, ${name}, ${imageId}, 'v1',
      ${digests[0]?.id ?? null}, ${digestOf("a")}, 'found', true, 'eager')`;
  await storeContainer(database, serverId, reportOf(name));
  return id;
}

export type Answer = (command: CommandRow) => ResultBody | Failure | null;

export function refusal(message: string, code: Failure["code"] = "unhealthy"): Failure {
  return { code, message, logLines: ["last words"], exitCode: 3 };
}

/** What an agent would answer that does everything well. */
export function success(body: CommandBody): ResultBody {
  switch (body.kind) {
    case "pull":
      return {
        kind: "pull",
        imageId: digestOf("2"),
        repoDigests: [],
        alreadyPresent: false,
        durationMs: 1,
        platform: "linux/amd64",
      };
    case "run":
      return {
        kind: "run",
        containerId: "new",
        imageId: digestOf("2"),
        previousContainerId: "old",
        previousImageId: digestOf("1"),
        downtimeMs: 12,
        spec: { Image: body.reference },
        changes: [{ field: "Config.Env.A", origin: "image", before: "1", after: "2" }],
        running: true,
        recreatedDependents: [],
        gateTimeoutMs: null,
      };
    case "probe":
      return {
        kind: "probe",
        method: "exec",
        detail: "healthy",
        durationMs: 1,
        attempts: 1,
        // The engine looks at its next interval only.
        health: "starting",
        state: "running",
      };
    case "rollback":
      return {
        kind: "rollback",
        containerId: "old",
        imageId: digestOf("1"),
        outcome: "restored",
        downtimeMs: 10,
      };
    case "job":
      return { kind: "job", durationMs: 1, logLines: ["migrated"] };
    case "commit":
      return { kind: "commit", removed: 1 };
    case "cancel":
      return { kind: "cancel", cancelled: true };
    default:
      throw new Error(`plans send no ${body.kind}`);
  }
}

const wellDone: Answer = ({ body }) => success(body);

/**
 * Answers every command of the plan, round by round, until none is left; null leaves one open. What has
 * to wait for other commands is answered when they have succeeded, and cancelled if one of them fails.
 */
export async function play(
  database: Database,
  planId: string,
  answer: Answer = wellDone,
): Promise<WholePlan> {
  await advance(database, planId);
  for (let round = 0; round < 100; round++) {
    const open = await database<CommandRow[]>`
      select * from commands where plan_id = ${planId} and status <> 'done' order by created_at, id`;
    let answered = 0;
    for (const command of open) {
      const before = await whatBecameOf(database, command.after);
      if (before === "open") continue;
      const said =
        before === "failed" ? refusal("What it waited for failed.", "cancelled") : answer(command);
      if (said === null) continue;
      answered++;
      const outcome =
        "code" in said ? { ok: false as const, failure: said } : { ok: true as const, body: said };
      await recordOutcome(database, command.serverId, { commandId: command.id, outcome });
    }
    await advance(database, planId);
    if (answered === 0) break;
  }
  const whole = await readPlan(database, planId);
  if (!whole) throw new Error("the plan is gone");
  return whole;
}

/** What became of commands that another one has to wait for. */
export async function whatBecameOf(
  database: Database,
  ids: string[],
): Promise<"succeeded" | "failed" | "open"> {
  const rows = await database<Pick<CommandRow, "outcome">[]>`
    select outcome from commands where id = any(${ids}::uuid[])`;
  if (rows.some(({ outcome }) => outcome?.ok === false)) return "failed";
  const isOver = rows.length === ids.length && rows.every(({ outcome }) => outcome?.ok);
  return isOver ? "succeeded" : "open";
}

/** Gives a service a container spec, as somebody who creates it before its container would. */
export async function setSpec(database: Database, serviceId: string, spec: object): Promise<void> {
  await forgetContainersOf(database, [serviceId]);
  await database`
    update services set spec = ${json(database, spec)}, discovery_status = 'missing',
      ever_found = false, deployed_digest_id = null, running_digest = null
    where id = ${serviceId}`;
}

/** Somebody removes the containers of these services by hand, and their servers say so. */
export async function removeContainersOf(database: Database, serviceIds: string[]): Promise<void> {
  await forgetContainersOf(database, serviceIds);
  await database`
    update services set discovery_status = 'missing', running_digest = null
    where id = any(${serviceIds}::uuid[])`;
}

async function forgetContainersOf(database: Database, serviceIds: string[]): Promise<void> {
  await database`
    delete from containers using services
    where services.id = any(${serviceIds}::uuid[]) and containers.server_id = services.server_id
      and containers.name = services.container_name`;
}
