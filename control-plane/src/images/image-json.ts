import { z } from "@hono/zod-openapi";
import type { Transaction } from "../database/connection.ts";
import { iso } from "../http/routes.ts";
import { noFacts } from "../registries/image-facts.ts";
import { registryHosts } from "../registries/registries.store.ts";
import { updateSchema } from "../services/service-json.ts";
import { type LinkedService, linkedServices } from "../services/services.store.ts";
import { serviceStatuses } from "../services/status.ts";
import { getBestTag } from "./best-tag.ts";
import { type DigestRow, findDigests, newestDigests } from "./digests.store.ts";
import { type ImageJob, jobsOfImages } from "./image-jobs.store.ts";
import type { ImageRow } from "./images.store.ts";
import { stillOutside } from "./newer-outside.ts";
import { sourceLinks } from "./source-links.ts";
import { storedTagFilter } from "./tag-filter.ts";
import { updateReasons } from "./update-available.ts";
import { unwantedReasons } from "./updates.store.ts";
import { verdictOf } from "./verdict.ts";

/** How many of an image's newest digests are shown with it. */
export const shownDigests = 20;

const factsSchema = z
  .object({
    source: z
      .string()
      .nullable()
      .describe("Where its source code is: a web address or what git clones, without credentials"),
    revision: z.string().nullable().describe("Of the source code, such as a git commit"),
    version: z.string().nullable().describe("As it is labelled, which tags need not be"),
    created: z.string().nullable().describe("When it was built"),
    url: z.string().nullable().describe("A web address: http or https"),
    documentation: z.string().nullable().describe("A web address: http or https"),
    licenses: z.string().nullable(),
  })
  .openapi("ImageFacts");

const linksSchema = z
  .object({
    source: z.string().nullable().describe("The repository of its source code"),
    revision: z.string().nullable().describe("The commit that it was built from"),
    release: z.string().nullable().describe("The release or tag of its version"),
  })
  .openapi("SourceLinks");

export const digestSchema = z
  .object({
    id: z.string(),
    kind: z.literal("image"),
    manifestDigest: z
      .string()
      .describe("What is pulled; of an image for several platforms, the index's"),
    configDigest: z.string().nullable(),
    tags: z.array(z.string()),
    bestTag: z.string().nullable().describe("The tag to show, by the image's filter"),
    size: z.number().nullable().describe("Compressed bytes"),
    pushedAt: z.string().nullable(),
    discoveredAt: z.string(),
    mediaType: z.string().nullable(),
    platforms: z.array(z.string()),
    deployed: z.boolean(),
    image: factsSchema.describe(
      "What the image says of itself by org.opencontainers.image.* annotations and labels, or the older org.label-schema.* labels; null: it does not say. An annotation of the manifest counts before one of the index, and both before a label, which may be inherited from a base image",
    ),
    links: linksSchema.describe(
      "Built from that for GitHub, GitLab and Gitea, not looked up; null: not known",
    ),
  })
  .openapi("ImageDigest");

export type DigestJson = z.infer<typeof digestSchema>;

const verdictSchema = z
  .object({
    kind: z
      .enum(["update", "none", "skipped", "not_checked"])
      .describe("skipped: what is newer is left alone; not_checked: it is not known"),
    checkedAt: z.string().nullable().describe("The last check that worked"),
    registryHost: z.string().nullable(),
    tag: z.string().nullable().describe("The tag that it rests on"),
    digest: z.string().nullable().describe("The manifest digest that it rests on"),
    reason: z.string().describe("Why, in a sentence for people"),
  })
  .openapi("UpdateVerdict");

export const imageServiceSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    serverId: z.string(),
    serverName: z.string(),
    composeProject: z
      .string()
      .nullable()
      .describe("The Compose project that its container says it is of"),
    imageTag: z.string().nullable(),
    runningDigest: z.string().nullable(),
    deployedDigestId: z.string().nullable(),
    updateAvailable: z.boolean(),
    update: z.union([updateSchema, z.null()]).describe("What an update would deploy to it"),
    status: z.enum(serviceStatuses),
  })
  .openapi("ImageService");

export const imageJobSchema = z
  .object({
    command: z.array(z.string()).describe("In the place of the image's CMD; its entrypoint stays"),
    serviceId: z
      .string()
      .nullable()
      .describe("Whose container's settings it has; null: that service was deleted"),
    serviceName: z.string().nullable(),
    timeoutMs: z.number().describe("How long it may run, in milliseconds"),
  })
  .openapi("ImageJob");

export const imageSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    imageName: z.string(),
    tagFilter: z.string(),
    lastCheckedAt: z.string().nullable().describe("The last successful check of the registry"),
    lastError: z.string().nullable().describe("Why the last check failed; null: it did not"),
    lastCheckNote: z.string().nullable().describe("What the last check left out, and why"),
    deployedDigestId: z.string().nullable(),
    deployedDigest: z.string().nullable().describe("Its manifest digest"),
    deployed: z.union([digestSchema, z.null()]),
    updateAvailable: z.boolean(),
    updateReason: z.enum(updateReasons).describe("Why there is an update, or none"),
    update: z
      .union([updateSchema, z.null()])
      .describe("What an update would deploy, while any service is behind; null: there is none"),
    verdict: verdictSchema,
    newerOutsideFilter: z
      .object({
        tags: z.array(z.string()).describe("The highest first, at most five"),
        suggestedFilter: z.string().describe("A tag filter that would follow them"),
      })
      .nullable()
      .describe("Higher versions of the same shape that the tag filter leaves out: a hint"),
    servicesCurrent: z
      .number()
      .describe("How many of its services are deployed at the deployed digest"),
    servicesTotal: z.number(),
    snoozedUntil: z.string().nullable().describe("Not updated by itself before"),
    pinned: z.boolean().describe("Never updated by itself"),
    holdReason: z.string().nullable().describe("Why it is snoozed or pinned"),
    autoUpdate: z.boolean(),
    job: z
      .union([imageJobSchema, z.null()])
      .describe("What runs once before a plan replaces its first service; null: nothing"),
    registryConnectionId: z.string().nullable(),
    environmentId: z.string(),
    services: z.array(imageServiceSchema),
    digests: z.array(digestSchema).describe(`The newest ${shownDigests}`),
    bestTag: z.string().nullable().describe("Of the deployed digest, else of the newest"),
    latestDigest: z.string().nullable().describe("The newest that matches the filter"),
    latest: z.union([digestSchema, z.null()]),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .openapi("ContainerImage");

export type ImageJson = z.infer<typeof imageSchema>;

/** What a PATCH must not set. */
export const derivedImageFields = [
  "deployedDigestId",
  "deployedDigest",
  "deployed",
  "updateAvailable",
  "updateReason",
  "update",
  "verdict",
  "newerOutsideFilter",
  "servicesCurrent",
  "servicesTotal",
  "snoozedUntil",
  "pinned",
  "holdReason",
  "job",
  "lastCheckedAt",
  "lastError",
  "lastCheckNote",
  "status",
  "bestTag",
  "latestDigest",
  "latest",
  "digests",
  "services",
  "environmentId",
  "createdAt",
  "updatedAt",
];

/** @param image whose filter decides on the best tag, and which digest is deployed */
export function digestJson(
  row: DigestRow,
  image: Pick<ImageRow, "tagFilter" | "deployedDigestId">,
): DigestJson {
  const facts = row.image ?? noFacts;
  return {
    id: row.id,
    kind: "image",
    manifestDigest: row.manifestDigest,
    configDigest: row.configDigest,
    tags: row.tags,
    bestTag: getBestTag(row.tags, storedTagFilter(image.tagFilter).patterns),
    size: row.size,
    pushedAt: iso(row.pushedAt),
    discoveredAt: iso(row.discoveredAt),
    mediaType: row.mediaType,
    platforms: row.platforms.map(({ platform }) => platform),
    deployed: row.id === image.deployedDigestId,
    image: facts,
    links: sourceLinks(facts),
  };
}

function serviceJson(row: LinkedService): z.infer<typeof imageServiceSchema> {
  const { containerImageId: _, ...service } = row;
  return { ...service, updateAvailable: row.update !== null };
}

function updateJson(
  { updateTag, updateKind: kind, updateBecause: reason }: ImageRow,
  digest: NamedDigest | null,
): ImageJson["update"] {
  if (digest === null || kind === null || reason === null) return null;
  return { digestId: digest.id, bestTag: updateTag ?? digest.bestTag, kind, reason };
}

function verdictJson(
  image: ImageRow,
  { update, latest, registryHost, unwantedBecause }: KnownOfImage,
): ImageJson["verdict"] {
  const { checkedAt, ...verdict } = verdictOf({
    registryHost,
    unwantedBecause,
    reason: image.updateReason,
    checkedAt: image.lastCheckedAt,
    lastError: image.lastError,
    update:
      update === null || image.updateBecause === null
        ? null
        : { tag: image.updateTag, digest: update.manifestDigest, because: image.updateBecause },
    newest: latest && { tag: latest.bestTag, digest: latest.manifestDigest },
  });
  return { ...verdict, checkedAt: iso(checkedAt) };
}

/** A digest as far as an image's own fields tell of it. */
type NamedDigest = Pick<DigestJson, "id" | "manifestDigest" | "bestTag">;

/** What is known of an image beside its row. */
export interface KnownOfImage {
  deployed: NamedDigest | null;
  /** the newest that matches the filter */
  latest: NamedDigest | null;
  update: NamedDigest | null;
  /** the newest of all */
  newest: NamedDigest | null;
  servicesCurrent: number;
  servicesTotal: number;
  registryHost: string | null;
  unwantedBecause: string | null;
  job: ImageJob | null;
}

/** An image but for whole digests and its services. */
export function imageFields(
  image: ImageRow,
  known: KnownOfImage,
): Omit<ImageJson, "deployed" | "latest" | "digests" | "services"> {
  const { deployed, latest, update, newest } = known;
  return {
    id: image.id,
    name: image.name,
    imageName: image.imageName,
    tagFilter: image.tagFilter,
    lastCheckedAt: iso(image.lastCheckedAt),
    lastError: image.lastError,
    lastCheckNote: image.lastCheckNote,
    deployedDigestId: image.deployedDigestId,
    deployedDigest: deployed?.manifestDigest ?? null,
    updateAvailable: image.updateAvailable,
    updateReason: image.updateReason,
    update: updateJson(image, update),
    verdict: verdictJson(image, known),
    newerOutsideFilter: stillOutside(image.newerOutsideFilter, image.tagFilter),
    servicesCurrent: known.servicesCurrent,
    servicesTotal: known.servicesTotal,
    snoozedUntil: iso(image.updateSnoozedUntil),
    pinned: image.updatePinned,
    holdReason: image.updateHoldReason,
    autoUpdate: image.autoUpdate,
    job: known.job,
    registryConnectionId: image.registryId,
    environmentId: image.environmentId,
    bestTag: (deployed ?? latest ?? newest)?.bestTag ?? null,
    latestDigest: latest?.manifestDigest ?? null,
    createdAt: iso(image.createdAt),
    updatedAt: iso(image.updatedAt),
  };
}

/** An image with all that is shown of it. */
export async function imageJson(sql: Transaction, image: ImageRow): Promise<ImageJson> {
  const named = [image.deployedDigestId, image.newestDigestId, image.updateDigestId];
  const [services, newest, others, hosts, unwanted, jobs] = await Promise.all([
    linkedServices(sql, [image.id]),
    newestDigests(sql, image.id, shownDigests),
    findDigests(
      sql,
      named.filter((id) => id !== null),
    ),
    registryHosts(sql, image.registryId === null ? [] : [image.registryId]),
    unwantedReasons(sql, [image.id]),
    jobsOfImages(sql, [image.id]),
  ]);
  const show = (id: string | null) => {
    const row = others.find((other) => other.id === id);
    return row === undefined ? null : digestJson(row, image);
  };
  const digests = newest.map((row) => digestJson(row, image));
  const [deployed, latest] = [show(image.deployedDigestId), show(image.newestDigestId)];
  const current = services.filter(
    ({ deployedDigestId }) =>
      deployedDigestId !== null && deployedDigestId === image.deployedDigestId,
  );
  const fields = imageFields(image, {
    ...{ deployed, latest, update: show(image.updateDigestId), newest: digests[0] ?? null },
    servicesCurrent: current.length,
    servicesTotal: services.length,
    registryHost: hosts.get(image.registryId ?? "") ?? null,
    unwantedBecause: unwanted.get(image.id) ?? null,
    job: jobs.get(image.id) ?? null,
  });
  return { ...fields, deployed, latest, services: services.map(serviceJson), digests };
}
