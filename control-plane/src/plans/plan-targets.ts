import type { SignatureFinding } from "../signatures/gate.ts";

/*
 * What a plan moves: one or several targets, each some services of one image to one of its digests.
 * A service is of one target; everything that is told of a plan's image is told of its targets.
 */

export interface PlanTarget {
  position: number;
  /** null once the image is deleted */
  containerImageId: string | null;
  imageName: string;
  /** the tag that was asked for, else the digest's best one */
  imageTag: string | null;
  imageDigest: string;
  /** null once the digest's row is deleted */
  imageDigestId: string | null;
  /** of its digest, when the plan was made or started; null: no rule asked for any */
  signature: SignatureFinding | null;
}

type Named = Pick<PlanTarget, "imageName" | "imageTag" | "imageDigest">;

/** @throws where the plan has no such target, which is a defect */
export function targetAt<T extends { position: number }>(targets: readonly T[], at: number): T {
  const target = targets.find(({ position }) => position === at);
  if (target === undefined) throw new Error(`the plan has no target ${at}`);
  return target;
}

/** What people call a plan: "shop v2", "shop v2, checkout v3", "shop v2 and 4 more". */
export function planName(targets: readonly Named[]): string {
  const [first, second, ...more] = targets.map(
    ({ imageName, imageTag, imageDigest }) =>
      `${imageName.slice(imageName.lastIndexOf("/") + 1)} ${imageTag ?? imageDigest.slice(7, 19)}`,
  );
  if (second === undefined) return first ?? "";
  return more.length === 0 ? `${first}, ${second}` : `${first} and ${more.length + 1} more`;
}
