import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { consoleLinks } from "./console-links.ts";
import { insertDeliveries, listDeliveries } from "./deliveries.store.ts";
import type { EventName } from "./events.ts";
import { nextDueMs, webhooksWithDue } from "./held.store.ts";
import { notice } from "./notice.ts";
import { payloads } from "./payload.fixture.ts";
import { releaseHeld } from "./release-held.ts";
import { insertWebhook, type WebhookFields } from "./webhooks.store.ts";

let rig: TestDatabase;
let environmentId: string;
let webhookId: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  environmentId = await insertEnvironment(rig.database, newId());
});
beforeEach(async () => {
  await rig.database`delete from webhooks`;
  webhookId = await target({ batchMs: 60_000 });
});
afterAll(() => rig.close());

async function target(more: Partial<WebhookFields>): Promise<string> {
  const row = await insertWebhook(rig.database, {
    ...{ name: "ops", kind: "webhook", url: "http://127.0.0.1:1/", secret: null },
    ...{ events: ["deployment.failed", "server.offline"], environmentIds: null, enabled: true },
    ...more,
  });
  return row.id;
}

const happened = (name: EventName = "deployment.failed", payload: object = payloads.failed) =>
  insertDeliveries(rig.database, { name, environmentId, payload: payload as never });
const due = () => rig.database`update webhook_deliveries set held_until = now() - interval '1 s'`;
async function release(): Promise<string[]> {
  const sent: string[] = [];
  const parts = { database: rig.database, links: consoleLinks("https://bp.test") };
  await releaseHeld(parts, webhookId, async (_, id) => void sent.push(id));
  return sent;
}
const deliveries = async () =>
  (await listDeliveries(rig.database, webhookId, { status: null, limit: 200, offset: 0 }))
    .deliveries;

test("events of a while go out as one message, in their order", async () => {
  const [first] = await happened();
  const [second] = await happened("server.offline", payloads.offline);
  expect(first?.heldMs).toBe(60_000);
  expect(second?.heldMs).toBeLessThanOrEqual(60_000);
  const held = await deliveries();
  expect(held.map(({ status }) => status)).toEqual(["held", "held"]);
  expect(held[0]?.heldUntil).toEqual(held[1]?.heldUntil);
  expect(await release()).toEqual([]);
  expect(await nextDueMs(rig.database, webhookId)).toBeGreaterThan(0);
  await due();
  expect(await webhooksWithDue(rig.database)).toEqual([webhookId]);
  const sent = await release();
  expect(sent).toHaveLength(1);
  const [batch, ...others] = await deliveries();
  expect(others).toEqual([]);
  expect(batch).toMatchObject({ id: sent[0], event: "batch", status: "pending" });
  expect(batch?.payload).toEqual({
    event: "batch",
    at: payloads.offline.at,
    environment: payloads.failed.environment,
    data: {
      events: [payloads.failed, payloads.offline],
      url: "https://bp.test/e/production",
    },
  });
  expect(batch && notice(batch.payload)).toMatchObject({
    title: "2 events in production",
    lines: ["registry.test/app:v2 could not be deployed", "Server one is offline"],
    tone: "bad",
  });
  expect(await release()).toEqual([]);
});

test("one that is alone goes out as what it is", async () => {
  const [only] = await happened();
  await due();
  expect(await release()).toEqual([only?.id]);
  expect(await deliveries()).toMatchObject([{ event: "deployment.failed", status: "pending" }]);
});

test("very many go out as several messages, none twice, though two release them", async () => {
  for (let count = 0; count < 60; count++) await happened();
  await due();
  const sent = (await Promise.all([release(), release()])).flat();
  expect(sent).toHaveLength(2);
  const rows = await deliveries();
  const told = rows.map(({ payload }) =>
    payload.event === "batch" ? payload.data.events.length : 1,
  );
  expect(told.sort()).toEqual([10, 50]);
});

test("what died before it was committed is still held", async () => {
  await happened();
  await happened();
  await due();
  const parts = { database: rig.database, links: consoleLinks("https://bp.test") };
  const died = releaseHeld(parts, webhookId, () => Promise.reject(new Error("killed")));
  await expect(died).rejects.toThrow("killed");
  expect((await deliveries()).map(({ status }) => status)).toEqual(["held", "held"]);
  expect(await release()).toHaveLength(1);
});

test("another target is told at once", async () => {
  const other = await target({});
  const rows = await happened();
  expect(rows.find((row) => row.webhookId === other)?.heldMs).toBeNull();
});
