import { createHmac } from "node:crypto";
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { secretsWith } from "../secrets.ts";
import { startMailServer } from "./mail-server.fixture.ts";
import { pushSecrets } from "./push-secrets.fixture.ts";
import { type Receiver, startReceiver } from "./receiver.fixture.ts";
import { openSender, type Sender } from "./send.ts";
import { webhooksRoutes } from "./webhooks.routes.ts";

const secrets = secretsWith("cd".repeat(32));
let rig: TestDatabase;
let receiver: Receiver;
let sender: Sender;
let api: TestApi;
let environmentId: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  environmentId = await insertEnvironment(rig.database, newId());
  sender = openSender({ timeoutMs: 400 });
});
beforeEach(async () => {
  receiver = await startReceiver();
  api = testApi(
    webhooksRoutes({
      database: rig.database,
      secrets,
      sender,
      publicUrl: "https://bp.test",
      webhookSecret: null,
      pushSecrets: pushSecrets(),
      images: { check: unused, resolveTag: unused, repositoryOf: unused },
    }),
  );
  api.actor = { ...system, roles: everywhere("admin"), name: "ada@example.com" };
});
afterEach(() => receiver.close());
afterAll(async () => {
  await sender.close();
  await rig.close();
});

const unused = () => Promise.reject(new Error("no registry is asked here"));

const wish = (more: object = {}) => ({
  name: "ops",
  url: receiver.url,
  events: ["deployment.failed"],
  ...more,
});

async function create(more: object = {}): Promise<{ id: string }> {
  const { status, body } = await api.post("/admin/webhooks", wish(more));
  expect(status).toBe(200);
  return body.webhook;
}

describe("keeping them", () => {
  test("a secret is written and never read; left out it stays, null removes it", async () => {
    const webhook = await create({
      secret: "s3cret-of-some-length",
      environmentIds: [environmentId],
    });
    expect(webhook).toEqual({
      id: webhook.id,
      name: "ops",
      kind: "webhook",
      url: receiver.url,
      hasSecret: true,
      events: ["deployment.failed"],
      environmentIds: [environmentId],
      enabled: true,
      ...{ headers: null, body: null, batchMs: null, quietHours: null },
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    const path = `/admin/webhooks/${webhook.id}`;
    const kept = await api.put(path, wish({ name: "renamed" }));
    expect(kept.body.webhook).toMatchObject({
      name: "renamed",
      hasSecret: true,
      environmentIds: null,
    });
    const removed = await api.put(path, wish({ secret: null, enabled: false }));
    expect(removed.body.webhook).toMatchObject({ hasSecret: false, enabled: false });
    expect((await api.get(path)).body.webhook).toEqual(removed.body.webhook);
    expect((await api.delete(path)).body).toEqual({ ok: true });
    expect((await api.get(path)).status).toBe(404);
    const rows = await rig.database`
      select action, details::text as details from audit_logs
      where resource_id = ${webhook.id} order by id`;
    expect(rows.map(({ action }) => action)).toEqual([
      "create_webhook",
      "update_webhook",
      "update_webhook",
      "delete_webhook",
    ]);
    expect(JSON.stringify(rows)).not.toMatch(/s3cret|127\.0\.0\.1/);
  });

  test("a template, batches and quiet hours are kept", async () => {
    const more = {
      ...{ kind: "template", headers: { "X-Key": "{{secret}}" }, body: '{"t": "{{title}}"}' },
      quietHours: { from: "22:00", to: "07:00", timeZone: "Europe/Berlin", urgentThrough: false },
      ...{ batchMs: 60_000, secret: "key" },
    };
    const { id } = await create(more);
    const { secret: _, ...shown } = more;
    const path = `/admin/webhooks/${id}`;
    expect((await api.get(path)).body.webhook).toMatchObject({ ...shown, hasSecret: true });
    const { body } = await api.post(`${path}/test`);
    expect(body).toMatchObject({ ok: true });
    expect(receiver.received[0]).toMatchObject({
      headers: { "x-key": "key" },
      body: '{"t": "A test of “ops” by ada@example.com"}',
    });
    const plain = await api.put(path, wish({ secret: null }));
    expect(plain.body.webhook).toMatchObject({ headers: null, body: null, quietHours: null });
  });

  test("it is encrypted where it is kept", async () => {
    const { id } = await create({ secret: "s3cret-of-some-length" });
    const [row] = await rig.database<{ secret: Buffer }[]>`
      select secret from webhooks where id = ${id}`;
    expect(row?.secret.toString("latin1")).not.toContain("s3cret-of-some-length");
  });

  test.each([
    [{ url: "nowhere" }, "url: must be a whole URL"],
    [{ url: "file:///etc/passwd" }, "not with file://"],
    [{ kind: "pigeon" }, "kind"],
    [{ kind: "telegram", url: "https://api.telegram.org?chat_id=-1" }, "secret: must be the bot's"],
    [{ kind: "mqtt" }, "url: must start with mqtts://"],
    [{ kind: "template", body: "{{nothing}}" }, "body: has {{nothing}}"],
    [{ headers: { A: "b" } }, "headers: is for the kind template only"],
    [{ batchMs: 10 }, "batchMs: must be at least 1000"],
    [
      { quietHours: { from: "22:00", to: "07:00", timeZone: "Mars" } },
      "quietHours.timeZone: must be the IANA name",
    ],
    [{ events: [] }, "events: must name at least one event"],
    [{ events: ["deployment.failed", "weather.changed"] }, "events[1]"],
    [{ environmentIds: [newId()] }, "environmentIds: there is no environment"],
    [{ environmentIds: [] }, "environmentIds: must name an environment"],
    [{ secret: "" }, "secret: must not be empty"],
    [{ secret: "fifteen letters" }, "secret: must have at least 16 characters"],
    [{ name: " " }, "name"],
    [{ hasSecret: true }, "hasSecret"],
  ])("%j is refused", async (more, why) => {
    const { status, body } = await api.post("/admin/webhooks", wish(more));
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: "validation_failed", details: [{}] });
    expect(body.error).toContain(why);
  });

  test("a short secret from before goes on working, and is not given again", async () => {
    const { id } = await create({ secret: "sixteen letters!" });
    await rig.database`update webhooks set secret = ${secrets.encrypt("short")} where id = ${id}`;
    const path = `/admin/webhooks/${id}`;
    expect((await api.put(path, wish({ name: "renamed" }))).body.webhook.hasSecret).toBe(true);
    expect((await api.post(`${path}/test`)).body.ok).toBe(true);
    const sent = receiver.received.at(-1);
    expect(sent?.headers["x-webhook-signature"]).toBe(
      `sha256=${createHmac("sha256", "short")
        .update(sent?.body ?? "")
        .digest("hex")}`,
    );
    expect((await api.put(path, wish({ secret: "short" }))).status).toBe(400);
  });

  test("a password is not sent to another host than it was entered for", async () => {
    const mail = (host: string) =>
      wish({ kind: "email", url: `smtp://${host}?from=a@example.com&to=b@example.com` });
    const { id } = await create({ ...mail("one.test"), secret: "password" });
    const moved = await api.put(`/admin/webhooks/${id}`, mail("two.test"));
    expect(moved).toMatchObject({ status: 400 });
    expect(moved.body.error).toContain("enter it again");
    const again = await api.put(`/admin/webhooks/${id}`, { ...mail("two.test"), secret: "other" });
    expect(again.status).toBe(200);
  });

  test.each(["viewer", "operator"] as const)("they are not for a %s", async (role) => {
    api.actor = { ...system, roles: everywhere(role) };
    expect((await api.get("/admin/webhooks")).status).toBe(403);
    expect((await api.post("/admin/webhooks", wish())).status).toBe(403);
  });

  test("a token of one environment sees and makes those of that one only", async () => {
    const all = await create();
    api.actor = { ...api.actor, roles: [{ environmentId: environmentId, role: "admin" }] };
    expect((await api.get(`/admin/webhooks/${all.id}`)).status).toBe(403);
    expect((await api.post("/admin/webhooks", wish())).status).toBe(403);
    const own = await create({ environmentIds: [environmentId] });
    const { body } = await api.get("/admin/webhooks?limit=100");
    expect(body.webhooks.map(({ id }: { id: string }) => id)).toContain(own.id);
    expect(body.webhooks.map(({ id }: { id: string }) => id)).not.toContain(all.id);
  });
});

describe("the test button", () => {
  test("sends a signed test and returns what came back", async () => {
    receiver.answer = { status: 202, body: "queued" };
    const { id } = await create({ secret: "s3cret-of-some-length" });
    const { status, body } = await api.post(`/admin/webhooks/${id}/test`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ok: true,
      delivery: { event: "test", status: "succeeded", responseStatus: 202, responseBody: "queued" },
    });
    const [request] = receiver.received;
    expect(receiver.received).toHaveLength(1);
    expect(JSON.parse(request?.body ?? "")).toMatchObject({
      event: "test",
      environment: null,
      data: { url: "https://bp.test/settings/webhooks" },
    });
    const expected = createHmac("sha256", "s3cret-of-some-length")
      .update(request?.body ?? "")
      .digest("hex");
    expect(request?.headers).toMatchObject({
      "x-webhook-signature": `sha256=${expected}`,
      "x-webhook-event": "test",
      "x-webhook-delivery": body.delivery.id,
    });
    const list = await api.get(`/admin/webhooks/${id}/deliveries`);
    expect(list.body).toMatchObject({ total: 1, deliveries: [{ id: body.delivery.id }] });
  });

  test.each([
    ["an error", { status: 500, body: "x".repeat(5000) }, "It answered 500."],
    ["a redirect", { status: 302, headers: { Location: "http://127.0.0.1:1/" } }, "a redirect"],
    ["silence", "hang" as const, "No answer within"],
  ])("%s is told as it is, and sent once", async (_, answer, why) => {
    receiver.answer = answer;
    const { id } = await create();
    const { status, body } = await api.post(`/admin/webhooks/${id}/test`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ ok: false, delivery: { status: "failed", attempts: 1 } });
    expect(body.message).toContain(why);
    expect(body.delivery.responseBody?.length ?? 0).toBeLessThanOrEqual(1000);
    expect(receiver.received).toHaveLength(1);
  });

  test("no server there, and one that speaks something else", async () => {
    const { id } = await create({ url: "http://127.0.0.1:1/" });
    const { body } = await api.post(`/admin/webhooks/${id}/test`);
    expect(body).toMatchObject({ ok: false, message: "Nothing listens at that address." });

    const rude = createServer((socket) => {
      socket.on("error", () => {});
      socket.end("SSH-2.0-x\r\n", () => socket.destroy());
    });
    await new Promise<void>((resolve) => rude.listen(0, "127.0.0.1", resolve));
    const { port } = rude.address() as { port: number };
    const other = await create({ url: `http://127.0.0.1:${port}/` });
    const answer = await api.post(`/admin/webhooks/${other.id}/test`);
    expect(answer.body).toMatchObject({ ok: false });
    expect(answer.body.message.length).toBeGreaterThan(10);
    await new Promise((resolve) => rude.close(resolve));
  });

  test("e-mail reaches a mail server", async () => {
    const mail = await startMailServer();
    const { id } = await create({
      kind: "email",
      url: `smtp://127.0.0.1:${mail.port}?from=bp@example.com&to=ops@example.com,dev@example.com`,
    });
    const { body } = await api.post(`/admin/webhooks/${id}/test`);
    expect(body).toMatchObject({ ok: true });
    expect(mail.recipients).toEqual(["ops@example.com", "dev@example.com"]);
    expect(mail.text).toContain("https://bp.test/settings/webhooks");
    mail.refuse = true;
    const refused = await api.post(`/admin/webhooks/${id}/test`);
    expect(refused.body).toMatchObject({ ok: false });
    expect(refused.body.message).toContain("did not take it");
    await mail.close();
  });

  test("a password does not go over a connection that is not encrypted", async () => {
    const mail = await startMailServer();
    const { id } = await create({
      kind: "email",
      url: `smtp://bp%40example.com@127.0.0.1:${mail.port}?to=ops@example.com`,
      secret: "password",
    });
    const { body } = await api.post(`/admin/webhooks/${id}/test`);
    expect(body).toMatchObject({ ok: false });
    expect(mail.commands.join("\n")).not.toMatch(/AUTH/i);
    await mail.close();
  });
});
