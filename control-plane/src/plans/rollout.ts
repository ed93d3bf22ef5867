import type { Analysis } from "./analysis.ts";

/*
 * How carefully a plan goes on: in which batches, how long each of them is watched, and when the plan is
 * paused. Pure.
 */

/** As it is kept with its plan, with defaults filled in. */
export interface Rollout {
  /** services of each image in a batch: a number, or a share of them such as `25%`; null: all of them */
  batch: number | string | null;
  /** of each image, how many may be replaced or get healthy at the same time; null: the whole batch */
  maxUnavailable: number | null;
  /** how long the services of a batch have to stay healthy, in milliseconds; 0: they are not watched */
  soakMs: number;
  /** after which batch the plan is paused; null: after none */
  pauseAfter: number | "each" | null;
  onFailure: "rollback" | "pause";
  /** what is measured while a batch is watched; null, or absent in what an earlier version kept: nothing */
  analysis?: Analysis | null;
}

/** What a request says of it: what it leaves out is null or absent. */
export type AskedRollout = { [Key in keyof Rollout]?: Rollout[Key] | null | undefined };

/** @returns null: none was asked for, and the plan goes on in one go */
export function rolloutOf(asked: AskedRollout | null | undefined): Rollout | null {
  if (!asked) return null;
  return {
    batch: asked.batch ?? null,
    maxUnavailable: asked.maxUnavailable ?? null,
    soakMs: asked.soakMs ?? 0,
    pauseAfter: asked.pauseAfter ?? null,
    onFailure: asked.onFailure ?? "rollback",
    analysis: asked.analysis ?? null,
  };
}

/** A service in the order of its plan: what it needs of the same plan stands before it. */
export interface Batched {
  id: string;
  /** whose services are counted together */
  imageId: string;
  /** ids of services of the plan */
  needs: readonly string[];
}

/**
 * In which batch each service is, from 1, by its id. A service is in the first batch that still has room
 * for its image, and that no service that it needs comes after. So batch n of every image is one batch.
 * @param services in the order of their levels
 */
export function batchesOf(
  services: readonly Batched[],
  size: Rollout["batch"],
): Map<string, number> {
  const batches = new Map<string, number>();
  const taken = new Map<string, number>();
  for (const { id, imageId, needs } of services) {
    const most = sizeOf(size, services.filter((other) => other.imageId === imageId).length);
    let batch = Math.max(1, ...needs.map((need) => batches.get(need) ?? 1));
    const place = () => `${batch} ${imageId}`;
    while ((taken.get(place()) ?? 0) >= most) batch++;
    taken.set(place(), (taken.get(place()) ?? 0) + 1);
    batches.set(id, batch);
  }
  return batches;
}

function sizeOf(size: Rollout["batch"], services: number): number {
  if (size === null) return services;
  if (typeof size === "number") return size;
  return Math.max(1, Math.ceil((services * Number.parseInt(size, 10)) / 100));
}

/** What comes after a batch: how long it is watched, and whether the plan is paused then; null: nothing. */
export function soakAfter(
  { soakMs, pauseAfter, analysis }: Rollout,
  batch: number,
  batches: number,
): Soak | null {
  const pauses = batch < batches && (pauseAfter === "each" || pauseAfter === batch);
  if (soakMs === 0 && !pauses) return null;
  const measured = soakMs > 0 && analysis ? { analysis } : {};
  return { kind: "soak", durationMs: soakMs, pauses, ...measured };
}

/** What a soak's step has in the place of a command. */
export interface Soak {
  kind: "soak";
  durationMs: number;
  /** the plan is paused when it has passed */
  pauses: boolean;
  /** absent: nothing is measured */
  analysis?: Analysis;
}

/** A container as it was when a soak's time began. */
export interface SoakStart {
  servicePosition: number;
  containerId: string;
  restartCount: number;
  /** epoch ms, by its server's clock */
  startedAt: number | null;
  /** it did not stay healthy; absent: it did, as far as is known */
  failed?: boolean;
}

/** A question as it is kept with its soak. */
export interface Question {
  /** the position of the service whose health is asked for; null: the query */
  of: number | null;
  /** of the command, or of the question to Prometheus */
  id: string;
  /** epoch ms */
  askedAt: number;
  /** when the answer will no longer come, epoch ms */
  until: number;
}

export type Judged =
  | { kind: "good" }
  | { kind: "bad"; why: string }
  | { kind: "none"; why: string };

/** The newest question of its kind. */
export interface SoakQuestion extends Pick<Question, "of" | "askedAt" | "until"> {
  /** null: it is not there yet */
  answer: Judged | null;
}
