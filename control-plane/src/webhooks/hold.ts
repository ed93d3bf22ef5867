import { z } from "@hono/zod-openapi";
import { days, isTimeZone, nextClosing } from "../images/update-window.ts";
import type { EventName } from "./events.ts";

/*
 * Until when an event's delivery is held: to go out with others as one message, or until quiet hours end.
 */

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of day from 00:00 to 23:59, such as 22:00");

export const quietHoursSchema = z
  .strictObject({
    from: timeOfDay.describe("Local time of day"),
    to: timeOfDay.describe("Before `from`: on the next day"),
    timeZone: z
      .string()
      .max(100)
      .refine(isTimeZone, "must be the IANA name of a time zone, such as Europe/Berlin"),
    urgentThrough: z
      .boolean()
      .default(true)
      .describe("Whether what needs somebody at once is told meanwhile: see docs/notifications.md"),
  })
  .refine(({ from, to }) => from !== to, {
    path: ["to"],
    message: "must be another time than from",
  })
  .openapi("QuietHours");

/** On every day; what happens meanwhile is told when they end. */
export type QuietHours = z.infer<typeof quietHoursSchema>;

/** What needs somebody at once: something is broken that was to run. */
const urgent: ReadonlySet<EventName> = new Set<EventName>([
  "container.crash_looping",
  "container.missing",
  "container.unhealthy",
  "deployment.failed",
  "deployment.rolled_back",
  "server.disk_low",
  "server.offline",
  "server.two_agents",
]);

/**
 * @param now epoch milliseconds, as is the answer; null: it is sent at once
 * @param batchUntil when the batch goes out that is being collected; null: none is
 */
export function heldUntil(
  { batchMs, quietHours }: { batchMs: number | null; quietHours: QuietHours | null },
  event: EventName,
  now: number,
  batchUntil: number | null,
): number | null {
  const quietUntil = quietHours === null ? null : endOfQuiet(quietHours, now);
  if (quietUntil !== null && !(quietHours?.urgentThrough && urgent.has(event))) return quietUntil;
  if (batchMs === null) return null;
  return batchUntil !== null && batchUntil > now && batchUntil <= now + batchMs
    ? batchUntil
    : now + batchMs;
}

function endOfQuiet({ from, to, timeZone }: QuietHours, now: number): number | null {
  return nextClosing({ days: [...days], from, to }, timeZone, now);
}
