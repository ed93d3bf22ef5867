import { type Actor, everywhere, from } from "../actor.ts";
import type { Database, Sql } from "../database/connection.ts";
import { isId } from "../database/ids.ts";
import {
  type EnvironmentRow,
  findEnvironment,
  findEnvironmentByName,
} from "../environments/environments.store.ts";
import { digestsByManifest } from "../images/digests.store.ts";
import { findImageByName } from "../images/images.store.ts";
import type { SyncOutcome } from "../images/sync.ts";
import { createPlan, type PlanImages } from "../plans/create-plan.ts";
import { Problem } from "../problem.ts";
import { isDigest } from "../registries/reference.ts";
import { type NamedService, servicesNamed } from "./incoming.store.ts";

/** What asks registries; see images/sources.ts. */
export interface WebhookImages extends PlanImages {
  check(imageId: string): Promise<SyncOutcome>;
  resolveTag(imageId: string, tag: string): Promise<string>;
}

export interface DeployParts {
  database: Database;
  images: WebhookImages;
  /** where the request comes from */
  address?: string | undefined;
  /** writes down, in the transaction of the plan, that it is started */
  alongside?: (sql: Sql, planId: string) => Promise<void>;
}

/** What acts when a webhook comes in: history and audit show its name. */
export function webhookActor(name: string, address?: string): Actor {
  const actor = {
    type: "webhook",
    id: null,
    name,
    roles: everywhere("operator"),
  } as const;
  return from(actor, address);
}

/**
 * Deploys one service.
 * @returns the plan, which runs already
 * @throws {Problem} 404 for what is unknown, 409 with the candidates when several are meant
 */
export async function deployService(
  parts: DeployParts,
  wish: {
    service: string;
    environment: string;
    server: string | null;
    imageTag: string | null;
    imageDigest: string | null;
  },
): Promise<string> {
  const { database } = parts;
  const environment = await environmentNamed(database, wish.environment);
  const service = await serviceNamed(database, environment, wish.service, wish.server);
  const imageId = service.containerImageId;
  const tag = wish.imageDigest === null ? (wish.imageTag ?? service.imageTag) : null;
  if (wish.imageDigest === null && tag === null) {
    throw new Problem(
      "invalid",
      "validation_failed",
      "imageTag: this service has no tag of its own yet, so say which to deploy",
    );
  }
  const imageDigestId =
    wish.imageDigest === null
      ? await parts.images.resolveTag(imageId, tag ?? "")
      : await recordedDigest(parts, imageId, wish.imageDigest);
  return createPlan(parts, webhookActor("webhook deploy", parts.address), {
    targets: [{ imageId, imageDigestId, tag, serviceIds: [service.id] }],
    autoRollback: true,
    parallelExecution: false,
    triggerType: "webhook",
    execute: true,
    alongside: parts.alongside,
  });
}

/**
 * Deploys a tag to all services of an image that may be updated without a person.
 * @returns the plan, which runs already
 * @throws {Problem} 404 for what is unknown, 400 unless the image has auto-update on
 */
export async function deployImage(
  parts: DeployParts,
  wish: { imageName: string; environment: string; imageTag: string },
): Promise<string> {
  const { database } = parts;
  const environment = await environmentNamed(database, wish.environment);
  const image = await findImageByName(database, environment.id, wish.imageName);
  if (image === null) {
    throw new Problem(
      "not_found",
      "not_found",
      `No container image ${wish.imageName} in ${environment.name}: it has to be written without a tag, with its registry's host.`,
    );
  }
  if (!image.autoUpdate) {
    throw new Problem(
      "invalid",
      "auto_update_off",
      `Auto-update is off for ${image.name}: switch it on for this image, or deploy one service by /api/webhooks/deploy.`,
    );
  }
  const target = {
    imageId: image.id,
    imageDigestId: await parts.images.resolveTag(image.id, wish.imageTag),
    tag: wish.imageTag,
    serviceIds: null,
  };
  return createPlan(parts, webhookActor("webhook deploy-image", parts.address), {
    targets: [target],
    autoRollback: true,
    parallelExecution: false,
    triggerType: "webhook",
    execute: true,
    alongside: parts.alongside,
  });
}

/** By name or id. */
async function environmentNamed(sql: Sql, name: string): Promise<EnvironmentRow> {
  const found =
    (await findEnvironmentByName(sql, name)) ??
    (isId(name) ? await findEnvironment(sql, name) : null);
  if (found === null) {
    throw new Problem("not_found", "not_found", `No such environment: ${name}`);
  }
  return found;
}

async function serviceNamed(
  sql: Sql,
  environment: EnvironmentRow,
  name: string,
  server: string | null,
): Promise<NamedService> {
  const services = await servicesNamed(sql, environment.id, name, server);
  const [service] = services;
  if (service === undefined) {
    const where = server === null ? environment.name : `${environment.name} on ${server}`;
    throw new Problem("not_found", "not_found", `No such service in ${where}: ${name}`);
  }
  if (services.length > 1) {
    throw new Problem(
      "conflict",
      "ambiguous_service",
      `Several services in ${environment.name} are called ${name}: add "server", or give one's id as "service".`,
      {
        details: services.map((candidate) => ({
          path: candidate.id,
          message: `${candidate.name} on ${candidate.serverName}`,
        })),
      },
    );
  }
  return service;
}

/** The row of a digest. One that was pushed just now has none before the registry is asked. */
async function recordedDigest(
  { database, images }: DeployParts,
  imageId: string,
  digest: string,
): Promise<string> {
  if (!isDigest(digest)) {
    throw new Problem(
      "invalid",
      "validation_failed",
      "imageDigest: must be a digest, such as sha256: and 64 hexadecimal digits",
    );
  }
  const find = async () => (await digestsByManifest(database, imageId, [digest]))[0]?.id ?? null;
  const known = await find();
  if (known !== null) return known;
  const outcome = await images.check(imageId);
  const fresh = await find();
  if (fresh !== null) return fresh;
  const why = outcome.ok
    ? "no tag that matches the image's filter points to it"
    : outcome.message.replace(/\.$/, "");
  throw new Problem(
    "not_found",
    "not_found",
    `No such digest of this service's image: ${why}. Deploy it by imageTag, or widen the tag filter.`,
  );
}
