import { z } from "@hono/zod-openapi";
import { iso } from "../http/routes.ts";
import type { UpdatePolicy } from "../images/update-policy.store.ts";
import { days, isTimeZone } from "../images/update-window.ts";
import { type AskedRollout, type Rollout, rolloutOf } from "../plans/rollout.ts";
import { askedRolloutSchema, rolloutJson, rolloutSchema } from "../plans/rollout-json.ts";
import { automaticKinds } from "../update-kinds.ts";

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of day such as 02:30");

const windowSchema = z.strictObject({
  days: z
    .array(z.enum(days))
    .min(1, "must name at least one day")
    .max(7)
    .transform((named) => days.filter((day) => named.includes(day))),
  from: timeOfDay,
  to: timeOfDay.describe("Before `from`: on the next day; the same as `from`: a whole day"),
});

/** When auto-update may update an image, and to what. */
export const policySchema = z
  .object({
    minimumAgeMinutes: z
      .number()
      .int()
      .min(0)
      .max(525_600)
      .describe("How old a digest has to be before auto-update takes it"),
    windows: z
      .array(windowSchema)
      .max(50)
      .describe("When auto-update may deploy; empty: at any time"),
    timeZone: z
      .string()
      .refine(isTimeZone, "must be an IANA time zone such as Europe/Berlin")
      .describe("The IANA time zone that the windows are in"),
    kinds: z
      .array(z.enum(automaticKinds))
      .transform((named) => automaticKinds.filter((kind) => named.includes(kind)))
      .describe(
        "Kinds of update that auto-update may deploy, by their tags; all of them at first. A lower version never is.",
      ),
    snoozedUntil: z.iso
      .datetime({ offset: true, error: "must be a time such as 2026-12-01T08:00:00Z" })
      .nullable()
      .describe("Auto-update does nothing before; null: it is not snoozed"),
    pinned: z.boolean().describe("Auto-update does nothing until this is taken back"),
    reason: z
      .string()
      .trim()
      .max(500, "must have at most 500 characters")
      .nullable()
      .transform((text) => text || null)
      .describe("Why it is snoozed or pinned, for those who wonder"),
    rollout: rolloutSchema,
  })
  .openapi("UpdatePolicy");

/** Fields of a policy to change; a rollout that is given takes the place of the one before as a whole. */
export const policyChangeSchema = z.strictObject({
  ...policySchema.partial().shape,
  rollout: askedRolloutSchema,
});

export function policyJson(policy: UpdatePolicy): z.infer<typeof policySchema> {
  const kinds = automaticKinds.filter((kind) => policy.kinds.includes(kind));
  const rollout = rolloutJson(rolloutOfPolicy(policy));
  return { ...policy, kinds, snoozedUntil: iso(policy.snoozedUntil), rollout };
}

/** How carefully plans of auto-update go on; null: all in one go. */
export function rolloutOfPolicy({ rollout }: Pick<UpdatePolicy, "rollout">): Rollout | null {
  return rolloutOf(rollout as AskedRollout | null);
}

/**
 * A policy with some of its fields changed. What is neither snoozed nor pinned any longer keeps no
 * reason.
 */
export function changedPolicy(
  before: UpdatePolicy,
  { snoozedUntil, rollout, ...change }: z.infer<typeof policyChangeSchema>,
): UpdatePolicy {
  const given = Object.fromEntries(
    Object.entries(change).filter(([, value]) => value !== undefined),
  );
  const after: UpdatePolicy = { ...before, ...given };
  if (snoozedUntil !== undefined) {
    after.snoozedUntil = snoozedUntil === null ? null : new Date(snoozedUntil);
  }
  if (rollout !== undefined) after.rollout = rolloutOf(rollout);
  if (after.snoozedUntil === null && !after.pinned) after.reason = null;
  return after;
}
