import type { Logger } from "pino";
import type { Database, DatabaseAddress, Sql } from "../database/connection.ts";
import { foldRowCounts } from "../database/row-counts.store.ts";
import { crashLoops, reviewContainerAlert } from "../events/alerts.store.ts";
import { applyGroupRolesEnd } from "../housekeeping/group-roles.ts";
import { type PruneOccasion, pruneServer, weeklyPrunes } from "../housekeeping/prune.ts";
import { applyRetention } from "../housekeeping/retention.ts";
import { noticeStaleServers } from "../housekeeping/stale-servers.ts";
import type { JobRequest } from "../jobs/jobs.store.ts";
import { type Jobs, type Schedule, startJobs, type Task } from "../jobs/jobs.ts";
import type { Measure } from "../measures.ts";
import { expireApprovals } from "../plans/approve-plan.ts";
import type { Secrets } from "../secrets.ts";
import type { SignatureParts } from "../signatures/gate.ts";
import { applyAutoUpdate, dueUpdates } from "../updates/apply-auto-update.ts";
import { decideAgain } from "../updates/decide-again.ts";
import {
  checkDueRegistry,
  checkImage,
  dueChecks,
  type ImageChecks,
} from "../updates/update-checks.ts";
import { consoleLinks } from "../webhooks/console-links.ts";
import { deliver } from "../webhooks/deliver.ts";
import { webhookActor } from "../webhooks/deploy-by-webhook.ts";
import { webhooksWithDue } from "../webhooks/held.store.ts";
import { releaseHeld } from "../webhooks/release-held.ts";
import { openSender, type Sender } from "../webhooks/send.ts";
import { delivery, deliveryAgain, release, startDispatching } from "./dispatch.ts";

export interface BackgroundParts {
  address: DatabaseAddress;
  database: Database;
  secrets: Secrets;
  log: Logger;
  /** where it is heard that something happened; see live/changes.ts */
  changes: {
    subscribe(listener: { changed(change: { kind: string }): void; resync(): void }): () => void;
  };
  images: ImageChecks & SignatureParts["images"];
  /** for links to the console; no slash at its end */
  publicUrl: string;
  /** seconds between two looks at which registries are due */
  updateCheckInterval: number;
  /** what sends notifications; default: one of its own */
  sender?: Sender;
  measure?: Measure;
  /** how long after the call the background begins */
  startAfterMs?: number;
}

export interface Background {
  stop(): Promise<void>;
}

/** Everything that happens by itself. Returns at once; the work begins a moment later. */
export function startBackground(parts: BackgroundParts): Background {
  const { database, log } = parts;
  const sender = parts.sender ?? openSender();
  const jobs: Jobs = startJobs({
    address: parts.address,
    database,
    log,
    startAfterMs: parts.startAfterMs ?? 500,
    ...(parts.measure && { measure: parts.measure }),
    tasks: tasksOf({ ...parts, sender }, enqueue),
    schedules: schedulesOf(parts.updateCheckInterval),
  });
  const links = consoleLinks(parts.publicUrl);
  const dispatching = startDispatching({ database, links, log }, jobs.enqueue);

  async function enqueue(sql: Sql, requests: JobRequest[]): Promise<void> {
    for (const request of requests) await jobs.enqueue(sql, request);
  }

  let unsubscribe = () => {};
  let stopped = false;
  const deciding = new AbortController();
  jobs.ready
    .then(() => {
      if (stopped) return;
      unsubscribe = parts.changes.subscribe({
        changed: ({ kind }) => {
          if (kind === "event") dispatching.wake();
        },
        resync: dispatching.wake,
      });
      dispatching.wake();
      decideAgain({ database, log }, deciding.signal).catch((error: unknown) => {
        log.warn({ err: error }, "not all updates could be decided again; tried at the next start");
      });
    })
    .catch((error: unknown) => log.error({ err: error }, "background work could not begin"));

  return {
    async stop() {
      stopped = true;
      deciding.abort();
      unsubscribe();
      await dispatching.stop();
      await jobs.stop();
      await sender.close();
    },
  };
}

function schedulesOf(updateCheckInterval: number): Schedule[] {
  return [
    { task: "look_for_updates", everySeconds: updateCheckInterval },
    // Windows open, ages are reached and plans end without anybody saying so.
    { task: "apply_updates", everySeconds: 60 },
    { task: "stale_servers", everySeconds: 60 },
    { task: "fold_row_counts", everySeconds: 60 },
    { task: "crash_loops", everySeconds: 60 },
    // What is held for times that were changed.
    { task: "look_for_held", everySeconds: 60 },
    { task: "expire_approvals", everySeconds: 600 },
    { task: "group_roles", everySeconds: 600 },
    { task: "prune_weekly", cron: "0 3 * * 0", makeUpForHours: 7 * 24 },
    { task: "retention", cron: "30 2 * * *", makeUpForHours: 24 },
  ];
}

/** Registries may be slow, targets of notifications too: the others go on beside them. */
const checksAtOnce = 4;
const deliveriesAtOnce = 4;

function tasksOf(
  parts: BackgroundParts & { sender: Sender },
  enqueue: (sql: Sql, requests: JobRequest[]) => Promise<void>,
): Record<string, Task> {
  const { database } = parts;
  const links = consoleLinks(parts.publicUrl);
  return {
    look_for_updates: {
      run: async () => enqueue(database, await dueChecks(database, parts.updateCheckInterval)),
    },
    check_registry: {
      atOnce: checksAtOnce,
      run: ({ registryId }, { attempt }) => checkDueRegistry(parts, String(registryId), attempt),
    },
    check_image: {
      atOnce: checksAtOnce,
      async run({ imageId, source }) {
        const outcome = await checkImage(parts, String(imageId), String(source));
        if (!outcome.ok || source !== "github") return;
        const actor = webhookActor("webhook github");
        await applyAutoUpdate(parts, String(imageId), { actor, triggerType: "webhook" });
      },
    },
    apply_updates: {
      run: async () => enqueue(database, await dueUpdates(database)),
    },
    auto_update: {
      async run({ imageId }) {
        await applyAutoUpdate(parts, String(imageId));
      },
    },
    deliver: {
      atOnce: deliveriesAtOnce,
      run: ({ deliveryId }) =>
        deliver(parts, String(deliveryId), (sql, delivery, delayMs) =>
          enqueue(sql, [deliveryAgain(delivery, delayMs)]),
        ),
    },
    look_for_held: {
      run: async () =>
        enqueue(
          database,
          (await webhooksWithDue(database)).map((id) => release(id)),
        ),
    },
    release_held: {
      async run(payload) {
        const webhookId = String(payload.webhookId);
        const next = await releaseHeld({ database, links }, webhookId, (sql, id) =>
          enqueue(sql, [delivery(id, webhookId)]),
        );
        if (next !== null) await enqueue(database, [release(webhookId, next)]);
      },
    },
    prune_weekly: { run: async () => enqueue(database, await weeklyPrunes(database)) },
    prune_server: {
      async run({ serverId, occasion, postponed }) {
        const later = await pruneServer(
          parts,
          String(serverId),
          occasion as PruneOccasion,
          Number(postponed),
        );
        if (later !== null) await enqueue(database, [later]);
      },
    },
    retention: {
      async run() {
        await applyRetention(parts);
      },
    },
    expire_approvals: {
      async run() {
        await expireApprovals(database);
      },
    },
    crash_loops: {
      async run() {
        for (const id of await crashLoops(database)) await reviewContainerAlert(database, id);
      },
    },
    group_roles: { run: () => applyGroupRolesEnd(database) },
    fold_row_counts: { run: () => foldRowCounts(database) },
    stale_servers: {
      async run() {
        await noticeStaleServers(database);
      },
    },
  };
}
