import type { Sql } from "../database/connection.ts";
import { storedTagFilter } from "../images/tag-filter.ts";
import { lineOf } from "../images/tag-line.ts";
import { notFound, Problem } from "../problem.ts";
import { fieldProblem, within } from "./field-problem.ts";
import {
  findPlanDigest,
  findPlanImage,
  findPlanServices,
  type PlanImage,
} from "./plan-input.store.ts";
import type { PlanInputTarget } from "./plan-input.ts";
import { reachable } from "./refusals.ts";
import { type Choice, type LeftOut, requireTakingPart, takingPart } from "./taking-part.ts";

/** One digest of one image, for all services of that image or for some. */
export interface TargetRequest {
  imageId: string;
  imageDigestId: string;
  /** the tag that was asked for; null: the digest's best tag */
  tag: string | null;
  /** null: every service of the image */
  serviceIds: string[] | null;
  /** the part of the request that asks for it, such as `targets[2]`; absent: the request is about it alone */
  at?: string | undefined;
}

export interface ReadTarget {
  image: PlanImage;
  target: Omit<PlanInputTarget, "signature">;
  leftOut: LeftOut[];
}

/**
 * Reads what a plan needs of one target, and sorts its services into those that it deploys to and those
 * that it leaves out.
 * @param everythingBehind nobody named these services: those that cannot be deployed to now are left out
 * @throws {Problem} 400 or 404 that names the part of the request which cannot be done
 */
export async function readTarget(
  sql: Sql,
  request: TargetRequest,
  choice: Choice,
  { everythingBehind = false } = {},
): Promise<ReadTarget> {
  const image = await findPlanImage(sql, request.imageId);
  if (!image) throw notFound("container image");
  const digest = await findPlanDigest(sql, image.id, request.imageDigestId);
  if (!digest) {
    throw request.at === undefined
      ? new Problem("not_found", "not_found", "No such digest of this container image")
      : fieldProblem(request.at, "imageDigestId", "unknown_digest", "no such digest of this image");
  }
  const linked = await findPlanServices(sql, image.id, request.serviceIds);
  const foreign = request.serviceIds?.filter((id) => !linked.some((s) => s.id === id)) ?? [];
  if (foreign.length > 0 && !everythingBehind) {
    throw new Problem(
      "invalid",
      "service_not_linked",
      `${request.at === undefined ? "" : `${request.at}.serviceIds: `}Not linked to this image: ${foreign.join(", ")}. Link the service first, or leave it out.`,
    );
  }
  const line = lineOf(storedTagFilter(image.tagFilter), digest.tags, request.tag);
  const parts = everythingBehind
    ? takingPart(linked, choice, line)
    : within(request.at, request.serviceIds ? "serviceIds" : "containerImageId", () =>
        requireTakingPart(linked, choice, line),
      );
  const { id, imageName, tagFilter, registryId } = image;
  const target = {
    image: { id, imageName, tagFilter, registryId },
    digest,
    tag: request.tag,
    named: choice.kind === "named",
  };
  if (!everythingBehind) {
    return { image, target: { ...target, services: parts.taking }, leftOut: parts.leftOut };
  }
  const { services, leftOut } = reachable({ services: parts.taking, digest });
  return { image, target: { ...target, services }, leftOut: [...parts.leftOut, ...leftOut] };
}

/** @throws {Problem} 400 where two targets mean one service */
export function refuseTwice(
  targets: readonly {
    at: string | undefined;
    services: readonly { id: string; name: string; serverName: string }[];
  }[],
): void {
  const first = new Map<string, string | undefined>();
  for (const { at, services } of targets) {
    for (const { id, name, serverName } of services) {
      if (first.has(id)) {
        const message = `${name} on ${serverName} is in ${first.get(id) ?? "another target"} already: name each service once`;
        throw fieldProblem(at, "serviceIds", "service_twice", message);
      }
      first.set(id, at);
    }
  }
}
