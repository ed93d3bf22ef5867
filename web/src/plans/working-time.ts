import type { Plan, PlanStep } from "$lib/api/model.ts";

/** What is longer than this between two steps was no work: a plan that is rolled back by hand hours after its end. */
const idleMs = 5_000;

interface Span {
  start: number;
  end: number;
}

/** When a step ran, in epoch milliseconds; null: it never did. What still runs ends `now`. */
export function spanOf({ startedAt, completedAt, status }: PlanStep, now: number): Span | null {
  if (startedAt === null) return null;
  const start = Date.parse(startedAt);
  const end =
    completedAt !== null ? Date.parse(completedAt) : status === "running" ? now : undefined;
  return end === undefined ? null : { start, end: Math.max(start, end) };
}

/**
 * A plan's clock: how many milliseconds it had worked at a moment (epoch milliseconds), without the
 * time in which it lay idle.
 */
export function workingTime(spans: readonly (Span | null)[]): (moment: number) => number {
  const stretches: Span[] = [];
  const sorted = spans.filter((span) => span !== null).sort((a, b) => a.start - b.start);
  for (const { start, end } of sorted) {
    const last = stretches.at(-1);
    if (last && start - last.end <= idleMs) last.end = Math.max(last.end, end);
    else stretches.push({ start, end });
  }
  return (moment) =>
    stretches.reduce((sum, { start, end }) => sum + Math.max(0, Math.min(moment, end) - start), 0);
}

/** How long a plan worked, or has worked so far, in milliseconds; null if it never started. */
export function elapsed(
  { startedAt, steps }: Pick<Plan, "startedAt" | "steps">,
  now: number,
): number | null {
  if (startedAt === null) return null;
  const begin = Date.parse(startedAt);
  const spans = [{ start: begin, end: begin }, ...steps.map((step) => spanOf(step, now))];
  return workingTime(spans)(Number.POSITIVE_INFINITY);
}
