import type { Plan } from "$lib/api/model.ts";
import { period } from "$lib/wording/relative-time.ts";
import { count } from "$lib/wording/wording.ts";
import type { RolloutBody } from "./rollout-draft.svelte.ts";

const sizesShown = 8;

/** How many services each batch of a plan has, the first one first. */
export function batchSizes({ services }: Pick<Plan, "services">): number[] {
  const sizes: number[] = [];
  for (const { batch } of services) sizes[batch - 1] = (sizes[batch - 1] ?? 0) + 1;
  return sizes;
}

/** What is asked for, before it is known which services there are: "1 service of each image at a time; …" */
export function askedSentence(asked: RolloutBody): string {
  return sentence(
    typeof asked.batch === "number"
      ? `${count(asked.batch, "service")} of each image at a time`
      : asked.batch
        ? `${asked.batch} of each image's services at a time`
        : "All services are one batch",
    `${asked.batch ? "each batch is" : "it is"}`,
    asked,
  );
}

/**
 * What a plan does, in a sentence: "3 batches: 1, 1, 1; each is watched for 10 min; waits for you after batch
 * 1." null: it goes on as every plan does.
 */
export function rolloutSentence({
  rollout,
  services,
}: Pick<Plan, "rollout" | "services">): string | null {
  if (rollout === null) return null;
  const sizes = batchSizes({ services });
  const { pauseAfter } = rollout;
  // After the last one there is nothing to wait for.
  const pauses =
    pauseAfter === "each" ? sizes.length > 1 : (pauseAfter ?? sizes.length) < sizes.length;
  return sentence(batchesText(sizes), sizes.length > 1 ? "each is" : "it is", {
    ...rollout,
    pauseAfter: pauses ? pauseAfter : null,
  });
}

/** "errors has to be < 0.01" */
export function conditionOf({
  query,
  condition: { operator, value },
}: NonNullable<RolloutBody["analysis"]>["prometheus"]): string {
  return `${query} has to be ${operator} ${value}`;
}

function sentence(
  batches: string,
  each: string,
  { soakMs, pauseAfter, onFailure, maxUnavailable, analysis }: Omit<RolloutBody, "batch">,
): string {
  const parts = [
    batches,
    maxUnavailable ? `at most ${count(maxUnavailable, "service")} of an image down at a time` : "",
    soakMs ? `${each} watched for ${period(soakMs)}` : "",
    analysis ? `${conditionOf(analysis.prometheus)} meanwhile` : "",
    pauseAfter === "each" ? "waits for you after each" : "",
    typeof pauseAfter === "number" ? `waits for you after batch ${pauseAfter}` : "",
    onFailure === "pause" ? "pauses if something fails" : "",
  ];
  return `${parts.filter((part) => part !== "").join("; ")}.`;
}

function batchesText(sizes: readonly number[]): string {
  if (sizes.length === 1) return `One batch of ${count(sizes[0] ?? 0, "service")}`;
  const text = count(sizes.length, "batch", "batches");
  if (sizes.length <= sizesShown) return `${text}: ${sizes.join(", ")}`;
  return `${text} of at most ${count(Math.max(0, ...sizes), "service")}`;
}
