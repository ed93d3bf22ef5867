import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pushImage } from "../harness/images.ts";
import { type Mailbox, startMailbox } from "../harness/mailbox.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import type { ContainerImage, Environment } from "../harness/resources.ts";
import { type Rollout, rollout } from "../harness/rollout.ts";
import { joinServer, type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";

const secret = "shared by both sides";
const signing = "for the signatures";
let site: Site;
let receiver: Receiver;
let mailbox: Mailbox;
let rolling: Rollout;
let elsewhere: Environment;
let image: ContainerImage;

interface Webhook {
  id: string;
  kind: string;
  hasSecret: boolean;
  environmentIds: string[] | null;
}

interface Delivery {
  id: string;
  event: string;
  status: "pending" | "succeeded" | "failed";
  attempts: number;
  responseStatus: number | null;
  error: string | null;
}

beforeAll(async () => {
  [site, receiver, mailbox] = await Promise.all([
    startSite({ env: { WEBHOOK_SECRET: secret, GITHUB_WEBHOOK_SECRET: secret } }),
    startReceiver(),
    startMailbox(),
  ]);
  rolling = rollout(site, (await site.connect()).id);
  ({ environment: elsewhere } = await site.api.post<{ environment: Environment }>(
    "/api/environments",
    { name: "elsewhere" },
  ));
  for (const version of [1, 2, 3]) {
    await pushImage(site.registry, "shop/told", `v${version}`, {
      version: String(version),
      health: "healthy",
      created: `2026-0${version}-01T00:00:00Z`,
    });
  }
  const name = `${site.registry.host}/shop/told`;
  await site.docker.run("run", "-d", "--name", "told", `${name}:v1`);
  await site.service("told");
  image = await rolling.synced(name);
});
afterAll(async () => {
  await receiver?.close();
  await mailbox?.close();
  await site?.remove();
});

async function target(name: string, more: Record<string, unknown> = {}): Promise<Webhook> {
  const { webhook } = await site.api.post<{ webhook: Webhook }>("/api/admin/webhooks", {
    name,
    url: `${receiver.url}/${name}`,
    events: ["deployment.succeeded"],
    ...more,
  });
  return webhook;
}

const deliveries = async ({ id }: Webhook): Promise<Delivery[]> =>
  (await site.api.get<{ deliveries: Delivery[] }>(`/api/admin/webhooks/${id}/deliveries`))
    .deliveries;

/** Waits until a path was sent so much, and returns the bodies. */
async function heard(path: string, count = 1): Promise<Record<string, unknown>[]> {
  const all = await waitFor(() => receiver.at(path).length >= count && receiver.at(path), {
    what: `${path} to be told`,
  });
  return all.map(({ text }) => JSON.parse(text));
}

describe("targets of every kind", () => {
  const kinds: Record<string, Webhook> = {};

  test("are told of a deploy in the form that each takes", async () => {
    const mail = `smtp://127.0.0.1:${mailbox.port}?from=bridgeport@example.com&to=ops@example.com,dev@example.com`;
    kinds.plain = await target("plain", { secret: signing });
    kinds.slack = await target("slack", { kind: "slack" });
    kinds.discord = await target("discord", { kind: "discord" });
    kinds.teams = await target("teams", { kind: "teams" });
    kinds.ntfy = await target("ntfy/deploys", { kind: "ntfy", secret: "tk_123" });
    kinds.email = await target("email", { kind: "email", url: mail });
    expect(kinds.plain).toMatchObject({ kind: "webhook", hasSecret: true, environmentIds: null });

    const plan = await rolling.deploy(image.id, { tag: "v2" });

    const title = `${image.imageName}:v2 was deployed`;
    expect(await heard("/plain")).toMatchObject([
      {
        event: "deployment.succeeded",
        environment: { id: site.environment.id, name: site.environment.name },
        data: { planId: plan.id, digest: plan.imageDigest, tag: "v2", error: null },
      },
    ]);
    expect((await heard("/slack"))[0]?.text).toContain(title);
    expect(await heard("/discord")).toMatchObject([{ embeds: [{ title }] }]);
    expect(JSON.stringify(await heard("/teams"))).toContain(title);
    // ntfy takes JSON at the server's root, with the topic in it.
    expect(await heard("/ntfy")).toMatchObject([{ topic: "deploys", title }]);
    expect(receiver.at("/ntfy")[0]?.headers.authorization).toBe("Bearer tk_123");
    const [sent] = await waitFor(() => mailbox.mails.length > 0 && mailbox.mails, {
      what: "the mail",
    });
    expect(sent).toMatchObject({
      from: "bridgeport@example.com",
      to: ["ops@example.com", "dev@example.com"],
    });
    expect(sent?.text.replaceAll("=\n", "").replaceAll(/\r?\n /g, " ")).toContain(title);
  });

  test("each has its list of deliveries", async () => {
    for (const webhook of Object.values(kinds)) {
      const [delivery, ...others] = await waitFor(
        async () => {
          const all = await deliveries(webhook);
          return all.every(({ status }) => status === "succeeded") && all;
        },
        { what: `the delivery to ${webhook.kind} to be noted` },
      );
      expect(delivery).toMatchObject({ event: "deployment.succeeded", attempts: 1, error: null });
      expect(others).toEqual([]);
    }
    const [plain] = receiver.at("/plain");
    const [delivery] = await deliveries(kinds.plain as Webhook);
    expect(plain?.headers).toMatchObject({
      "x-webhook-event": "deployment.succeeded",
      "x-webhook-delivery": delivery?.id,
      "x-webhook-signature": `sha256=${createHmac("sha256", signing)
        .update(plain?.text ?? "")
        .digest("hex")}`,
    });
    for (const { id } of Object.values(kinds)) await site.api.delete(`/api/admin/webhooks/${id}`);
  });

  test("the test button says what really came back", async () => {
    const webhook = await target("button", { enabled: false });
    receiver.refuse("/button", 418, 1);
    const press = () =>
      site.api.post<{ ok: boolean; message: string; delivery: Delivery }>(
        `/api/admin/webhooks/${webhook.id}/test`,
      );
    expect(await press()).toMatchObject({
      ok: false,
      message: "It answered 418.",
      delivery: { event: "test", status: "failed", attempts: 1, responseStatus: 418 },
    });
    expect(await press()).toMatchObject({ ok: true, delivery: { status: "succeeded" } });
    const gone = await target("gone", { url: "http://127.0.0.1:1/gone" });
    const path = `/api/admin/webhooks/${gone.id}/test`;
    expect(await site.api.post(path)).toMatchObject({ ok: false });
    const { logs } = await site.api.get<{ logs: { resourceId: string }[] }>(
      "/api/audit-logs?action=test_webhook",
    );
    expect(logs.map(({ resourceId }) => resourceId)).toEqual([gone.id, webhook.id, webhook.id]);
    await site.api.delete(`/api/admin/webhooks/${gone.id}`);
  });
});

test("filters by event and environment; what fails is tried again as the same delivery", async () => {
  const flaky = await target("flaky", { secret: signing });
  receiver.refuse("/flaky", 503, 1);
  const here = await target("here", { environmentIds: [site.environment.id] });
  await target("there", { environmentIds: [elsewhere.id] });
  await target("failures", { events: ["deployment.failed", "deployment.rolled_back"] });
  await target("off", { enabled: false });

  await rolling.deploy(image.id, { tag: "v3" });

  expect(await heard("/here")).toHaveLength(1);
  expect(await heard("/flaky", 2)).toHaveLength(2);
  const [first, second] = receiver.at("/flaky");
  expect([first?.status, second?.status]).toEqual([503, 204]);
  expect(second?.headers["x-webhook-delivery"]).toBe(first?.headers["x-webhook-delivery"]);
  expect(second?.text).toBe(first?.text);
  await site.api.until<{ deliveries: Delivery[] }>(
    `/api/admin/webhooks/${flaky.id}/deliveries?status=succeeded`,
    ({ deliveries: [one] }) => one?.attempts === 2,
  );
  expect(await deliveries(here)).toHaveLength(1);
  for (const path of ["/there", "/failures", "/off"]) expect(receiver.at(path)).toEqual([]);
});

test("a server that goes, and that it is back", async () => {
  await target("servers", { events: ["server.offline", "server.online"] });
  const joined = await joinServer(site, "second");
  try {
    expect(await heard("/servers")).toMatchObject([{ event: "server.online" }]);
    await joined.agent.kill();
    expect(await heard("/servers", 2)).toMatchObject([
      { event: "server.online" },
      { event: "server.offline", data: { server: { id: joined.server.id, name: "second" } } },
    ]);
  } finally {
    await joined.remove();
  }
});

describe("what other programs tell", () => {
  const sign = (body: string) => createHmac("sha256", secret).update(body).digest("hex");
  const send = (path: string, body: unknown, headers?: Record<string, string>) => {
    const text = JSON.stringify(body);
    return site.api.request<{ plan: { id: string; triggerType: string }; error: string }>(
      "POST",
      `/api/webhooks/${path}`,
      text,
      headers ?? { "x-webhook-signature": sign(text) },
    );
  };
  const environment = () => site.environment.name;

  test("one service is deployed to what a pipeline has built", async () => {
    const answer = await send("deploy", {
      service: "told",
      environment: environment(),
      imageTag: "v1",
    });
    expect(answer).toMatchObject({ status: 200, body: { plan: { triggerType: "webhook" } } });
    expect(await site.api.planEnd(answer.body.plan.id)).toMatchObject({
      status: "completed",
      imageTag: "v1",
    });
  });

  test("all services of an image, once it has auto-update on", async () => {
    const body = { imageName: image.imageName, environment: environment(), imageTag: "v2" };
    expect((await send("deploy-image", body)).status).toBe(400);
    // Nothing is to be updated by itself meanwhile.
    const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    await site.api.patch(`/api/container-images/${image.id}/update-policy`, {
      windows: [{ days: [days[(new Date().getUTCDay() + 3) % 7]], from: "02:00", to: "03:00" }],
    });
    await site.api.patch(`/api/container-images/${image.id}`, { autoUpdate: true });
    const answer = await send("deploy-image", body);
    expect(answer.status).toBe(200);
    expect(await site.api.planEnd(answer.body.plan.id)).toMatchObject({ status: "completed" });
  });

  test.each(["deploy", "deploy-image", "github", "registry"])(
    "%s: nothing without the right signature",
    async (path) => {
      const body = { service: "told", environment: environment(), imageTag: "v3" };
      const wrong = createHmac("sha256", "guess").update(JSON.stringify(body)).digest("hex");
      for (const signature of ["", wrong, `sha256=${wrong}`]) {
        const headers = { "x-webhook-signature": signature, "x-hub-signature-256": signature };
        expect((await send(path, body, headers)).status).toBe(401);
      }
      expect((await send(path, body, {})).status).toBe(401);
    },
  );

  test("a package on GitHub, by GitHub's own signature", async () => {
    const body = {
      action: "published",
      package: { name: "app", namespace: "acme", package_type: "CONTAINER" },
    };
    const answer = await send("github", body, {
      "x-github-event": "package",
      "x-hub-signature-256": `sha256=${sign(JSON.stringify(body))}`,
    });
    expect(answer).toMatchObject({ status: 200, body: { images: [] } });
  });
});
