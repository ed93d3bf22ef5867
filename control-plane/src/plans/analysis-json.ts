import { z } from "@hono/zod-openapi";
import { checkHttpUrl } from "../outgoing.ts";
import { defaultIntervalMs, operators } from "./analysis.ts";

/* What is measured during a soak, as the API takes and shows it. */

const longestQuery = 2000;
const shortestIntervalMs = 1000;
const longestIntervalMs = 3_600_000;

const words = {
  url: "Where its API is, without `/api/v1/query`; http(s), with no user, password or query. It is shown with plans",
  query: "In PromQL. It has to give exactly one number",
  condition: "What that number has to be for the batch to be well",
  intervalMs:
    "How often it is asked while a batch is watched; once more at the end. Default: 30000",
};

export const askedAnalysisSchema = z
  .strictObject({
    prometheus: z.strictObject({
      url: z
        .string()
        .trim()
        .superRefine((text, context) => {
          const refuse = (message: string) => context.addIssue({ code: "custom", message });
          const checked = checkHttpUrl(text, "Prometheus is asked without any");
          if (!checked.ok) refuse(checked.message);
          else if (new URL(text).search !== "") refuse("must have no part after ?");
          else if (/\/api\/v1(?:\/query)?\/?$/.test(new URL(text).pathname)) {
            refuse("must end before /api/v1, such as http://prometheus.example.com:9090");
          }
        })
        .describe(words.url),
      query: z
        .string()
        .trim()
        .min(1, "must not be empty")
        .max(longestQuery, `must have at most ${longestQuery} characters`)
        .describe(words.query),
      condition: z
        .strictObject({
          operator: z.enum(operators),
          value: z.number(),
        })
        .describe(words.condition),
      intervalMs: z
        .number()
        .int()
        .min(shortestIntervalMs, `must be ${shortestIntervalMs} or more, which is a second`)
        .max(longestIntervalMs, `must be at most ${longestIntervalMs}, which is an hour`)
        .default(defaultIntervalMs)
        .describe(words.intervalMs),
    }),
  })
  .describe("What is measured while a batch is watched, which needs `soakMs`");

const shown = {
  url: z.string().describe(words.url),
  query: z.string().describe(words.query),
  condition: z.object({ operator: z.enum(operators), value: z.number() }).describe(words.condition),
  intervalMs: z.number().describe(words.intervalMs),
};

export const analysisSchema = z
  .object({ prometheus: z.object(shown) })
  .nullable()
  .describe("null: nothing is measured while a batch is watched");

export const soakAnalysisSchema = z
  .object({
    prometheus: z.object(shown),
    last: z
      .object({
        at: z.string(),
        value: z.number().nullable(),
        problem: z.string().nullable().describe("Why there is no value: a sentence"),
      })
      .nullable()
      .describe("The newest answer; null: none has come yet"),
  })
  .nullable()
  .describe("What is measured meanwhile; null: nothing");
