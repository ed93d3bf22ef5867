import type { Sql } from "../database/connection.ts";
import { fieldProblem, saidOf } from "./field-problem.ts";
import { commonImage, findPlanDigest, findPlanImage, hasServices } from "./plan-input.store.ts";
import type { TargetRequest } from "./read-target.ts";
import { noServices } from "./refusals.ts";

/* What a request to make a plan names, read as targets: digests of images, and services to go to them. */

/** As a client writes it: an image, or services of one image; a digest, or a tag. */
export interface AskedTarget {
  containerImageId?: string | null | undefined;
  serviceIds?: string[] | null | undefined;
  imageDigestId?: string | null | undefined;
  tag?: string | null | undefined;
}

/** As a client writes it: one target by its own fields, or several, or all that is behind. */
export interface AskedPlan extends AskedTarget {
  targets?: AskedTarget[] | null | undefined;
  everythingBehind?: boolean | null | undefined;
}

/**
 * Which of the three forms a request has.
 * @throws {Problem} 400 where it mixes them
 */
export function formOf(asked: AskedPlan): "one" | "targets" | "everything_behind" {
  const single = (["containerImageId", "serviceIds", "imageDigestId", "tag"] as const).filter(
    (field) => (asked[field] ?? null) !== null,
  );
  const several = (asked.targets ?? null) !== null;
  const behind = asked.everythingBehind === true;
  if (several && behind) {
    throw fieldProblem(
      undefined,
      "targets",
      "validation_failed",
      "give either targets or everythingBehind",
    );
  }
  const [field] = single;
  if (field !== undefined && (several || behind)) {
    const other = several ? "targets" : "everythingBehind";
    throw fieldProblem(undefined, field, "validation_failed", `cannot be given beside ${other}`);
  }
  if (behind) return "everything_behind";
  return several ? "targets" : "one";
}

/** What resolves a tag: asks the registry, records the digest, and returns its row's id. */
export type ResolveTag = (imageId: string, tag: string) => Promise<string>;

/**
 * The targets of a request in an environment, with their tags resolved. Everything that can be refused
 * without asking a registry is refused before one is asked.
 * @param of what the request names; `at` says where, for errors
 * @throws {Problem} 400 that names the field
 */
export async function resolvedTargets(
  sql: Sql,
  environmentId: string,
  of: readonly { at: string | undefined; asked: AskedTarget }[],
  resolveTag: ResolveTag,
): Promise<TargetRequest[]> {
  const read: { at: string | undefined; asked: AskedTarget; imageId: string }[] = [];
  for (const { at, asked } of of) {
    const imageId = await imageOf(sql, environmentId, asked, at);
    requireVersion(asked, at);
    if (!(await hasServices(sql, imageId))) {
      throw saidOf(at, "containerImageId", noServices());
    }
    read.push({ at, asked, imageId });
  }
  return Promise.all(
    read.map(async ({ at, asked, imageId }) => {
      const tag = asked.tag ?? null;
      const imageDigestId =
        asked.imageDigestId ??
        (await resolveTag(imageId, tag ?? "").catch((error: unknown) => {
          throw saidOf(at, "tag", error);
        }));
      return { imageId, imageDigestId, tag, serviceIds: asked.serviceIds ?? null, at };
    }),
  );
}

/** @throws {Problem} 400 unless exactly one of the two says what to deploy */
function requireVersion({ imageDigestId, tag }: AskedTarget, at: string | undefined): void {
  if (((imageDigestId ?? null) === null) !== ((tag ?? null) === null)) return;
  throw fieldProblem(at, "imageDigestId", "validation_failed", "give either imageDigestId or tag");
}

/**
 * The image that is named, or the one that all named services are linked to.
 * @throws {Problem} 400 where there is no such image
 */
async function imageOf(
  sql: Sql,
  environmentId: string,
  asked: AskedTarget,
  at: string | undefined,
): Promise<string> {
  if (asked.containerImageId) {
    const image = await findPlanImage(sql, asked.containerImageId);
    if (image?.environmentId === environmentId) return image.id;
    const message = "no such container image in this environment";
    throw fieldProblem(at, "containerImageId", "unknown_image", message);
  }
  if (!asked.serviceIds) {
    const message = "give serviceIds or containerImageId";
    throw fieldProblem(at, "serviceIds", "validation_failed", message);
  }
  const imageId = await commonImage(sql, environmentId, asked.serviceIds);
  if (imageId === null) {
    const message = "these have to be services of this environment that are linked to one image";
    throw fieldProblem(at, "serviceIds", "services_of_several_images", message);
  }
  if (asked.imageDigestId && !(await findPlanDigest(sql, imageId, asked.imageDigestId))) {
    const message = "no such digest of the image that these services are linked to";
    throw fieldProblem(at, "imageDigestId", "unknown_digest", message);
  }
  return imageId;
}
