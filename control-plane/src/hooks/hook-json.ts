import { z } from "@hono/zod-openapi";
import { nameField } from "../http/routes.ts";
import { checkHttpUrl } from "../outgoing.ts";
import { type Hooks, methods, moments } from "./hook.ts";

/* Hooks as the API takes and shows them. */

const mostHooks = 10;
const mostHeaders = 20;
const longestValue = 4096;
const longestBody = 65_536;

/** What is ours to say, or HTTP's. */
const reserved = new Set([
  ...["host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade"],
  ...["te", "trailer", "expect", "idempotency-key", "x-bridgeport-plan"],
  ...["proxy-authorization", "proxy-connection"],
]);

const url = z
  .string()
  .trim()
  .superRefine((text, context) => {
    const checked = checkHttpUrl(text, "use a header");
    if (!checked.ok) context.addIssue({ code: "custom", message: checked.message });
  })
  .describe("http(s). Its query is not shown with plans, its path is");

const headers = z
  .record(z.string(), z.string().max(longestValue))
  .superRefine((given, context) => {
    const refuse = (name: string | null, message: string) =>
      context.addIssue({ code: "custom", path: name === null ? [] : [name], message });
    const names = Object.keys(given).map((name) => name.toLowerCase());
    if (names.length > mostHeaders) refuse(null, `must have at most ${mostHeaders} headers`);
    for (const [name, value] of Object.entries(given)) {
      const plain = name.toLowerCase();
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/.test(name)) refuse(name, "is no header's name");
      else if (reserved.has(plain)) refuse(name, "is set by Bridgeport: leave it out");
      else if (names.filter((other) => other === plain).length > 1) {
        refuse(name, "is there twice, as case does not count");
      } else if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
        refuse(name, "must have no line breaks, and only characters of Latin-1");
      }
    }
  })
  .describe(
    "Their values are secret: shown as ***, and *** written back keeps the stored value of the hook of that name, for the same origin",
  );

const hookSchema = z
  .strictObject({
    name: nameField(),
    url,
    method: z.enum(methods).default("POST"),
    headers: headers.default({}),
    body: z
      .string()
      .max(longestBody, `must have at most ${longestBody} characters`)
      .nullable()
      .default(null)
      .describe("Sent as it is; null: what the plan is about, as JSON (docs/hooks.md)"),
    timeoutMs: z
      .number()
      .int()
      .min(100)
      .max(600_000)
      .default(10_000)
      .describe("How long the call may take, repeated requests and all, in milliseconds"),
  })
  .superRefine(({ method, body }, context) => {
    if (method !== "GET" || body === null) return;
    context.addIssue({ code: "custom", path: ["body"], message: "cannot be sent with GET" });
  });

const list = z
  .array(hookSchema)
  .max(mostHooks, `must have at most ${mostHooks} hooks`)
  .superRefine((hooks, context) => {
    for (const [index, { name }] of hooks.entries()) {
      if (hooks.findIndex((other) => other.name === name) === index) continue;
      const message = "another hook of this list has this name";
      context.addIssue({ code: "custom", path: [index, "name"], message });
    }
  })
  .default([]);

export const hooksSchema = z
  .strictObject({
    before: list.describe(
      "Called one after the other before anything is pulled; each has to say 2xx",
    ),
    after: list.describe("Called one after the other when the plan ends, whichever way"),
  })
  .openapi("Hooks");

/** What the audit says of them: no query, no header's value, no body. */
export function hooksAudit(hooks: Hooks): Record<string, string[]> {
  return Object.fromEntries(
    moments.map((moment) => [moment, hooks[moment].map(({ name, method }) => `${method} ${name}`)]),
  );
}
