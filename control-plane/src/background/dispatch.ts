import type { Logger } from "pino";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import {
  type DomainEvent,
  deleteEvents,
  eventsAreWaiting,
  takeEvents,
} from "../events/events.store.ts";
import { deployedServers } from "../housekeeping/prune.store.ts";
import { serverPrune } from "../housekeeping/prune.ts";
import type { JobRequest } from "../jobs/jobs.store.ts";
import { insertNotification } from "../notifications/notifications.store.ts";
import { imageUpdate } from "../updates/apply-auto-update.ts";
import { imageCheck } from "../updates/update-checks.ts";
import type { ConsoleLinks } from "../webhooks/console-links.ts";
import { type DeliveryRow, insertDeliveries } from "../webhooks/deliveries.store.ts";
import { eventPayload } from "../webhooks/event-payload.ts";

/** Adds a job in a transaction. */
export type Enqueue = (sql: Sql, job: JobRequest) => Promise<void>;

const batch = 100;
/** until an update that was detected is applied; the caller that asked for the check comes first */
const applyAfterMs = 500;
/** until the images that a deploy no longer needs are free */
const pruneAfterMs = 5000;

/**
 * Turns what happened into what is to be done: deliveries to outgoing webhooks and jobs, in the
 * transaction that forgets the event. So each is acted on once, whatever dies when.
 * @returns whether events are left that have to wait
 */
export async function dispatchEvents(
  parts: { database: Database; links: ConsoleLinks },
  enqueue: Enqueue,
): Promise<boolean> {
  for (;;) {
    const taken = await transaction(parts.database, async (sql) => {
      const events = await takeEvents(sql, batch);
      if (events.length === 0) return 0;
      let order = 0;
      for (const event of events) {
        for (const job of await consequences(sql, event, parts.links)) {
          // What happened first is told first.
          await enqueue(sql, { ...job, delayMs: (job.delayMs ?? 0) + order++ });
        }
      }
      await deleteEvents(
        sql,
        events.map(({ id }) => id),
      );
      return events.length;
    });
    if (taken < batch) return eventsAreWaiting(parts.database);
  }
}

async function consequences(
  sql: Sql,
  event: DomainEvent,
  links: ConsoleLinks,
): Promise<JobRequest[]> {
  const jobs: JobRequest[] = [];
  const payload = await eventPayload(sql, event, links);
  if (payload !== null) {
    // That one begins is no news to who comes back: its end is.
    if (payload.event !== "deployment.started") {
      await insertNotification(sql, event.environmentId, payload);
    }
    const deliveries = await insertDeliveries(sql, {
      name: payload.event,
      environmentId: event.environmentId,
      payload,
    });
    jobs.push(
      ...deliveries.map(({ id, webhookId, heldMs }) =>
        heldMs === null ? delivery(id, webhookId) : release(webhookId, heldMs),
      ),
    );
  }
  switch (event.name) {
    case "deployment.succeeded":
      for (const serverId of await deployedServers(sql, event.subjectId)) {
        jobs.push(serverPrune(serverId, "deploy", pruneAfterMs));
      }
      break;
    case "image.update_available":
    case "image.update_policy_changed":
      jobs.push(imageUpdate(event.subjectId, applyAfterMs));
      break;
    case "image.linked":
      jobs.push(imageCheck(event.subjectId, "auto-link"));
      break;
    case "image.pushed":
      jobs.push(imageCheck(event.subjectId, String(event.data.source)));
      break;
    default:
      break;
  }
  return jobs;
}

/** A target's deliveries go out one after the other: one that hangs holds up its own only. */
export function delivery(id: string, webhookId: string, delayMs = 0): JobRequest {
  return {
    task: "deliver",
    payload: { deliveryId: id },
    queue: `webhook:${webhookId}`,
    delayMs,
    attempts: 10,
  };
}

/** What a target's deliveries were held for is over: the earliest of several times counts. */
export function release(webhookId: string, delayMs = 0): JobRequest {
  return {
    task: "release_held",
    payload: { webhookId },
    key: `release:${webhookId}`,
    delayMs,
    attempts: 10,
  };
}

export function deliveryAgain(row: DeliveryRow, delayMs: number): JobRequest {
  return delivery(row.id, row.webhookId, delayMs);
}

const lookAgainMs = 2000;

/** Dispatches whenever something happened, on this replica, one after the other. */
export function startDispatching(
  parts: { database: Database; links: ConsoleLinks; log: Logger },
  enqueue: Enqueue,
): { wake: () => void; stop: () => Promise<void> } {
  let busy: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function work(): Promise<void> {
    do {
      again = false;
      let left: boolean;
      try {
        left = await dispatchEvents(parts, enqueue);
      } catch (error) {
        parts.log.warn({ err: error }, "events could not be acted on; trying again");
        left = true;
      }
      clearTimeout(timer);
      if (left && !stopped) timer = setTimeout(wake, lookAgainMs);
    } while (again && !stopped);
  }

  function wake(): void {
    again = true;
    if (busy !== null || stopped) return;
    busy = work().finally(() => {
      busy = null;
    });
  }

  return {
    wake,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await busy;
    },
  };
}
