import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { secretsWith } from "../secrets.ts";
import { deliver, retryDelayMs } from "./deliver.ts";
import { insertDeliveries, listDeliveries } from "./deliveries.store.ts";
import type { EventName } from "./events.ts";
import { payloads } from "./payload.fixture.ts";
import { type Receiver, startReceiver } from "./receiver.fixture.ts";
import { openSender, type Sender } from "./send.ts";
import { insertWebhook } from "./webhooks.store.ts";

const secrets = secretsWith("cd".repeat(32));
let rig: TestDatabase;
let receiver: Receiver;
let sender: Sender;
let environmentId: string;
let webhookId: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  sender = openSender({ timeoutMs: 2000 });
});
beforeEach(async () => {
  await rig.database`delete from webhooks`;
  receiver = await startReceiver();
  environmentId = await insertEnvironment(rig.database, newId());
  webhookId = await target();
});
afterEach(() => receiver.close());
afterAll(async () => {
  await sender.close();
  await rig.close();
});

async function target(
  more: { environmentIds?: string[]; enabled?: boolean; events?: EventName[] } = {},
): Promise<string> {
  const row = await insertWebhook(rig.database, {
    name: "ops",
    kind: "webhook",
    url: receiver.url,
    secret: secrets.encrypt("s3cret"),
    events: ["deployment.failed"],
    environmentIds: null,
    enabled: true,
    ...more,
  });
  return row.id;
}

const happened = () =>
  insertDeliveries(rig.database, {
    name: "deployment.failed",
    environmentId,
    payload: payloads.failed,
  });

/** One attempt. @returns when the next one comes; null: never */
async function attempt(deliveryId: string): Promise<number | null> {
  let next: number | null = null;
  await deliver({ database: rig.database, secrets, sender }, deliveryId, async (_, __, delayMs) => {
    next = delayMs;
  });
  return next;
}

async function onlyDelivery() {
  const page = { status: null, limit: 25, offset: 0 };
  const { deliveries } = await listDeliveries(rig.database, webhookId, page);
  expect(deliveries).toHaveLength(1);
  return deliveries[0];
}

test("only those are told who want this event of this environment", async () => {
  await target({ enabled: false });
  await target({ events: ["server.offline"] });
  await target({ environmentIds: [newId()] });
  const own = await target({ environmentIds: [environmentId] });
  expect((await happened()).map((row) => row.webhookId).sort()).toEqual([webhookId, own].sort());
});

test("what is taken at once is not sent again", async () => {
  const [row] = await happened();
  expect(await attempt(row?.id ?? "")).toBeNull();
  expect(await attempt(row?.id ?? "")).toBeNull();
  expect(receiver.received).toHaveLength(1);
  expect(await onlyDelivery()).toMatchObject({
    status: "succeeded",
    attempts: 1,
    responseStatus: 200,
    responseBody: "thanks",
    error: null,
  });
});

test("three attempts with longer and longer pauses, of the same delivery, then no more", async () => {
  receiver.answer = { status: 503, body: "later" };
  const [row] = await happened();
  const pauses = [await attempt(row?.id ?? ""), await attempt(row?.id ?? "")];
  expect(await onlyDelivery()).toMatchObject({ status: "pending", attempts: 2 });
  expect(await attempt(row?.id ?? "")).toBeNull();
  expect(pauses[0]).toBeGreaterThanOrEqual(4000);
  expect(pauses[1]).toBeGreaterThan((pauses[0] ?? 0) * 2);
  await attempt(row?.id ?? "");
  expect(receiver.received).toHaveLength(3);
  expect(await onlyDelivery()).toMatchObject({
    status: "failed",
    attempts: 3,
    responseStatus: 503,
    responseBody: "later",
    error: "It answered 503.",
  });
  const ids = new Set(receiver.received.map(({ headers }) => headers["x-webhook-delivery"]));
  expect(ids.size).toBe(1);
  expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
});

test("one that came up in between gets it", async () => {
  receiver.answer = { status: 500 };
  const [row] = await happened();
  await attempt(row?.id ?? "");
  receiver.answer = { status: 204 };
  expect(await attempt(row?.id ?? "")).toBeNull();
  expect(await onlyDelivery()).toMatchObject({ status: "succeeded", attempts: 2, error: null });
});

test("attempts that a process died in count, and the last one ends it", async () => {
  const [row] = await happened();
  await rig.database`update webhook_deliveries set attempts = 3 where id = ${row?.id ?? ""}`;
  expect(await attempt(row?.id ?? "")).toBeNull();
  expect(receiver.received).toHaveLength(0);
  expect(await onlyDelivery()).toMatchObject({ status: "failed" });
});

test("a secret that the master key does not open is said, and nothing is sent unsigned", async () => {
  const foreign = secretsWith("ef".repeat(32)).encrypt("x");
  await rig.database`update webhooks set secret = ${foreign} where id = ${webhookId}`;
  const [row] = await happened();
  await attempt(row?.id ?? "");
  expect(receiver.received).toHaveLength(0);
  expect(await onlyDelivery()).toMatchObject({
    error: expect.stringContaining("master key") as string,
  });
});

test("an answer without end is not read to its end", async () => {
  receiver.answer = { status: 200, body: "ä\0".repeat(3_000_000) };
  const [row] = await happened();
  await attempt(row?.id ?? "");
  const delivery = await onlyDelivery();
  expect(delivery).toMatchObject({ status: "succeeded" });
  expect(delivery?.responseBody?.length).toBe(1000);
});

test("pauses have some jitter", () => {
  expect(retryDelayMs(1, () => 0)).toBe(4000);
  expect(retryDelayMs(1, () => 0.999)).toBeLessThanOrEqual(6000);
  expect(retryDelayMs(3)).toBeNull();
});
