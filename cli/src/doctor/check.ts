import { z } from "zod";
import type { Paint } from "../terminal/colour.ts";
import { printable } from "../terminal/text.ts";

const checkSchema = z.object({
  id: z.string(),
  title: z.string(),
  status: z.enum(["ok", "warning", "error"]),
  detail: z.string().nullish(),
  advice: z.string().nullish(),
});

/** One thing that was looked at. `advice`: what to do, where something is to be done. */
export type Check = z.infer<typeof checkSchema>;

/** The checks in an answer of the control plane; what is none of these is left out. */
export function checksOf(answer: unknown): Check[] {
  const parsed = z.object({ checks: z.array(z.unknown()) }).safeParse(answer);
  if (!parsed.success) return [];
  return parsed.data.checks.flatMap((one) => checkSchema.safeParse(one).data ?? []);
}

const looks = {
  ok: ["good", "ok     "],
  warning: ["warn", "warning"],
  error: ["bad", "ERROR  "],
} as const;

/** "ok       Title: detail", and the advice below it. */
export function checkText({ title, status, detail, advice }: Check, paint: Paint): string {
  const [tone, word] = looks[status];
  const said = detail ? `: ${printable(detail)}` : "";
  const line = `${paint(tone, word)}  ${printable(title)}${said}`;
  return advice ? `${line}\n         ${printable(advice)}` : line;
}
