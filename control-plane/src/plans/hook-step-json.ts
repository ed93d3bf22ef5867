import { z } from "@hono/zod-openapi";
import { methods, moments } from "../hooks/hook.ts";
import type { StepRow } from "./plans.store.ts";

/** Of a hook: what is called, and what came of it. */
export const hookStepSchema = z.object({
  name: z.string(),
  when: z.enum(moments),
  method: z.enum(methods),
  url: z.string().describe("Without its query"),
  told: z
    .string()
    .nullable()
    .describe("The plan's status that it was told; null: it was not called yet"),
  requests: z.number().describe("How many were sent: a request that failed is sent again"),
  httpStatus: z.number().nullable().describe("Of the answer; null: there is none"),
  durationMs: z.number().nullable(),
});

export type HookStepJson = z.infer<typeof hookStepSchema>;

export function hookStepJson({ body, hookCall }: StepRow): HookStepJson | null {
  if (body.kind !== "hook") return null;
  const { name, moment: when, method, url } = body;
  const outcome = hookCall?.outcome ?? null;
  return {
    ...{ name, when, method, url },
    told: hookCall?.told.status ?? null,
    requests: hookCall?.attempts ?? 0,
    httpStatus: outcome?.status ?? null,
    durationMs: outcome?.ms ?? null,
  };
}
