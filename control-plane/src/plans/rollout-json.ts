import { z } from "@hono/zod-openapi";
import { Problem } from "../problem.ts";
import { analysisSchema, askedAnalysisSchema } from "./analysis-json.ts";
import type { AskedRollout, Rollout } from "./rollout.ts";

/* A rollout as the API takes and shows it. */

const most = 1000;
const mostSoakMs = 24 * 3_600_000;
const count = z.number().int().min(1, "must be 1 or more").max(most, `must be at most ${most}`);
const batch = z.union([
  count,
  z.string().regex(/^(?:[1-9]\d?|100)%$/, "must be a number from 1, or a share from 1% to 100%"),
]);
const pauseAfter = z.union([count, z.literal("each")]);
const onFailure = z.enum(["rollback", "pause"]);

const words = {
  batch:
    "Services of each image in a batch: a number, or a share of them such as `25%`, rounded up. Default: all of them",
  maxUnavailable:
    "Of each image, how many services may be replaced, or wait to be healthy, at the same time. Default: the whole batch",
  soakMs:
    "After each batch its services have to stay healthy for so long, without a restart. Default: 0, at most a day",
  pauseAfter:
    "The plan is paused after this batch, or after `each` but the last one. Default: after none",
  onFailure:
    "What a failure leads to: `rollback`, as `autoRollback` says, or `pause`. Default: `rollback`",
};

export const askedRolloutSchema = z
  .strictObject({
    batch: batch.nullish().describe(words.batch),
    maxUnavailable: count.nullish().describe(words.maxUnavailable),
    soakMs: z
      .number()
      .int()
      .min(0, "must be 0 or more")
      .max(mostSoakMs, `must be at most ${mostSoakMs}, which is a day`)
      .nullish()
      .describe(words.soakMs),
    pauseAfter: pauseAfter.nullish().describe(words.pauseAfter),
    onFailure: onFailure.nullish().describe(words.onFailure),
    analysis: askedAnalysisSchema.nullish(),
  })
  .superRefine(({ analysis, soakMs }, context) => {
    if (!analysis || soakMs) return;
    const message = "needs a soak: say with soakMs how long each batch is watched";
    context.addIssue({ code: "custom", path: ["analysis"], message });
  })
  .nullish()
  .describe("Go on in batches, watch each of them, be paused between them. Default: all in one go");

// A schema of its own: `.nullable()` would make a shared one nullable.
export const rolloutSchema = z
  .object({
    batch: z.union([z.number(), z.string()]).nullable().describe(words.batch),
    maxUnavailable: z.number().nullable().describe(words.maxUnavailable),
    soakMs: z.number().describe(words.soakMs),
    pauseAfter: z
      .union([z.number(), z.literal("each")])
      .nullable()
      .describe(words.pauseAfter),
    onFailure: onFailure.describe(words.onFailure),
    analysis: analysisSchema,
  })
  .nullable()
  .describe("As it was asked for, with its defaults; null: it was not");

/** As the API shows it. */
export function rolloutJson(rollout: Rollout | null): z.infer<typeof rolloutSchema> {
  return rollout && { ...rollout, analysis: rollout.analysis ?? null };
}

/** @throws {Problem} 400 where a request contradicts itself */
export function refuseContradiction(
  autoRollback: boolean | null | undefined,
  rollout: AskedRollout | null | undefined,
): void {
  if (autoRollback !== false || rollout?.onFailure !== "rollback") return;
  throw new Problem(
    "invalid",
    "invalid_request",
    "rollout.onFailure: cannot be `rollback` where autoRollback is false: leave one of them out.",
  );
}
