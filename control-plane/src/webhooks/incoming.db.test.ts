import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { findEnvironment } from "../environments/environments.store.ts";
import { errorAnswer } from "../http/errors.ts";
import { router } from "../http/routes.ts";
import { type ImageWorld, newImageWorld, secrets } from "../images/image-world.fixture.ts";
import { reportOf, storeContainer } from "../inventory/discovered.fixture.ts";
import { newServer } from "../servers/servers.fixture.ts";
import { newService } from "../services/services.fixture.ts";
import { signatureOf } from "./message.ts";
import { pushSecrets } from "./push-secrets.fixture.ts";
import { webhooksRoutes } from "./webhooks.routes.ts";

const webhookSecret = "s3cret";
const githubWebhookSecret = "gh-s3cret";

let rig: TestDatabase;
let world: ImageWorld;
let environment: string;
let serverIds: string[];

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());

/** `web` on two servers and `api` on one, all of the world's image, which runs v1. */
beforeEach(async () => {
  world = await newImageWorld(rig.database, "v*");
  world.double.push("app", "v1");
  await world.sync();
  const row = await findEnvironment(rig.database, world.environmentId);
  environment = row?.name ?? "";
  serverIds = [];
  for (const name of ["one", "two"]) {
    serverIds.push(await newServer(rig.database, world.environmentId, { name }));
  }
  await addService("web", 0, "web");
  await addService("web", 1, "web");
  await addService("api", 0, "api-1");
  return () => world.close();
});

async function addService(name: string, server: number, containerName: string): Promise<string> {
  const { imageId } = world;
  const serverId = serverIds[server] ?? "";
  await storeContainer(rig.database, serverId, reportOf(containerName));
  return newService(rig.database, { serverId, imageId, name, containerName });
}

async function send(
  path: string,
  body: unknown,
  options: {
    headers?: Record<string, string>;
    secret?: string | null;
    configured?: boolean;
  } = {},
) {
  const app = router();
  app.onError((error, c) => errorAnswer(error, c, pino({ level: "silent" })));
  app.route(
    "/api",
    webhooksRoutes({
      database: rig.database,
      secrets,
      publicUrl: "https://bp.test",
      images: world.sources,
      webhookSecret: options.configured === false ? null : webhookSecret,
      pushSecrets: pushSecrets(() => (options.configured === false ? null : githubWebhookSecret)),
    }),
  );
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const github = path === "github";
  const secret = options.secret ?? (github ? githubWebhookSecret : webhookSecret);
  const signed =
    options.secret === null
      ? {}
      : {
          [github ? "X-Hub-Signature-256" : "X-Webhook-Signature"]:
            `${github ? "sha256=" : ""}${signatureOf(secret, text)}`,
        };
  const response = await app.request(`/api/webhooks/${path}`, {
    method: "POST",
    body: text,
    headers: { "Content-Type": "application/json", ...signed, ...options.headers },
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
  return { status: response.status, body: (await response.json()) as any };
}

const endpoints = ["deploy", "deploy-image", "github", "registry"];

describe.each(endpoints)("%s", (path) => {
  test.each([
    ["no signature", { secret: null }],
    ["another secret's", { secret: "other" }],
    [
      "an empty one",
      { secret: null, headers: { "X-Webhook-Signature": "", "X-Hub-Signature-256": "sha256=" } },
    ],
  ])("%s: 401, whatever the body is", async (_, options) => {
    for (const body of [{}, "not json", ""]) {
      const answer = await send(path, body, options);
      expect(answer).toMatchObject({ status: 401, body: { code: "bad_signature" } });
    }
  });

  test("without a secret to compare with: 403, also when it is signed", async () => {
    const answer = await send(path, {}, { configured: false });
    expect(answer).toMatchObject({ status: 403, body: { code: "webhook_secret_unset" } });
    expect(answer.body.error).toContain("WEBHOOK_SECRET");
  });

  test.each(["", "not json", "[1", "null", "7", '"text"', "[]", '{"service":"\\u0000"}'])(
    "a body that is malformed: 400 (%j)",
    async (body) => {
      const headers = { "X-GitHub-Event": "package" };
      expect((await send(path, body, { headers })).status).toBe(400);
    },
  );
});

test("a signature of the body in another form is not one", async () => {
  const signature = signatureOf(webhookSecret, '{"service":"api-1"}');
  const headers = { "X-Webhook-Signature": signature };
  expect((await send("deploy", '{"service": "api-1"}', { secret: null, headers })).status).toBe(
    401,
  );
});

describe("deploy", () => {
  test("deploys the digest that the tag has now, for the one service", async () => {
    const digest = world.double.push("app", "v2");
    const answer = await send("deploy", { service: "api", environment, imageTag: "v2" });
    expect(answer.status).toBe(200);
    expect(answer.body.plan).toMatchObject({
      status: "running",
      imageTag: "v2",
      imageDigest: digest,
      triggerType: "webhook",
      triggeredBy: "webhook deploy",
      autoRollback: true,
    });
    const services = new Set(
      answer.body.plan.steps.flatMap((step: { service: { name: string | null } | null }) =>
        step.service?.name ? [step.service.name] : [],
      ),
    );
    expect([...services]).toEqual(expect.arrayContaining(["api"]));
    const [entry] = await rig.database`
      select actor_type, actor_name from audit_logs
      where action = 'deploy' and resource_id = ${answer.body.plan.id}`;
    expect(entry).toMatchObject({ actorType: "webhook", actorName: "webhook deploy" });
  });

  test("without a tag, the service's own, as it is now", async () => {
    const digest = world.double.push("app", "v1", { content: "rebuilt" });
    const answer = await send("deploy", { service: "api-1", environment });
    expect(answer.status).toBe(200);
    expect(answer.body.plan).toMatchObject({ imageTag: "v1", imageDigest: digest });
  });

  test("by a digest that was pushed just now and was not seen yet", async () => {
    const digest = world.double.push("app", "v3");
    const wish = { service: "api", environment, imageDigest: digest };
    const answer = await send("deploy", wish);
    expect(answer.status).toBe(200);
    expect(answer.body.plan).toMatchObject({ imageDigest: digest });
  });

  test("an environment goes by its id too, a service by its container's name", async () => {
    const wish = { service: "api-1", environment: world.environmentId, imageTag: "v1" };
    expect((await send("deploy", wish)).status).toBe(200);
  });

  test("a container named like a service elsewhere does not take its place, and is not guessed at", async () => {
    // api-1 is the container of the service api; an agent reports a container of that name.
    await addService("api-1", 1, "api-1");
    const answer = await send("deploy", { service: "api-1", environment, imageTag: "v1" });
    expect(answer).toMatchObject({ status: 409, body: { code: "ambiguous_service" } });
    expect(answer.body.details).toHaveLength(2);
  });

  test("a name that several have: 409 with the candidates, and one of them with its server", async () => {
    const answer = await send("deploy", { service: "web", environment, imageTag: "v1" });
    expect(answer).toMatchObject({ status: 409, body: { code: "ambiguous_service" } });
    expect(answer.body.details.map(({ message }: { message: string }) => message)).toEqual([
      "web on one",
      "web on two",
    ]);
    const wish = { service: "web", environment, imageTag: "v1" };
    expect((await send("deploy", { ...wish, server: "two" })).status).toBe(200);
    const id = answer.body.details[0].path;
    expect((await send("deploy", { ...wish, service: id })).status).toBe(200);
  });

  test.each([
    [{ service: "nobody" }, 404],
    [{ environment: "nowhere" }, 404],
    [{ server: "nine" }, 404],
    [{ imageTag: "v9" }, 400],
    [{ imageTag: "not a tag" }, 400],
    [{ imageTag: undefined, imageDigest: "sha256:12" }, 400],
    [{ imageTag: undefined, imageDigest: `sha256:${"0".repeat(64)}` }, 404],
    [{ imageDigest: `sha256:${"0".repeat(64)}` }, 400],
    [{ service: undefined }, 400],
    [{ service: 7 }, 400],
    [{ unknown: true }, 400],
  ])("%j: %i, and nothing is planned", async (change, status) => {
    const answer = await send("deploy", { service: "api", environment, imageTag: "v1", ...change });
    expect(answer.status).toBe(status);
    expect(answer.body.error.length).toBeGreaterThan(10);
    const plans = await rig.database`
      select from deployment_plans where environment_id = ${world.environmentId}`;
    expect(plans).toHaveLength(0);
  });

  test("a service of another environment is unknown in this one", async () => {
    const other = await newImageWorld(rig.database);
    const row = await findEnvironment(rig.database, other.environmentId);
    const wish = { service: "api", environment: row?.name, imageTag: "v1" };
    expect((await send("deploy", wish)).status).toBe(404);
    await other.close();
  });
});

describe("deploy-image", () => {
  const wish = () => ({ imageName: `${world.double.domain}/app`, environment, imageTag: "v1" });

  test("is refused unless the image has auto-update on", async () => {
    const answer = await send("deploy-image", wish());
    expect(answer).toMatchObject({ status: 400, body: { code: "auto_update_off" } });
  });

  test("deploys to all services", async () => {
    await rig.database`update container_images set auto_update = true where id = ${world.imageId}`;
    const answer = await send("deploy-image", wish());
    expect(answer.status).toBe(200);
    expect(answer.body.plan).toMatchObject({
      triggerType: "webhook",
      triggeredBy: "webhook deploy-image",
    });
    const [count] = await rig.database<{ services: number }[]>`
      select count(*) as services from plan_services where plan_id = ${answer.body.plan.id}`;
    expect(count?.services).toBe(3);
  });

  test("only the very name; never a part of it", async () => {
    const imageName = `${world.double.domain}/ap`;
    expect((await send("deploy-image", { ...wish(), imageName })).status).toBe(404);
  });
});

const pushes = () => rig.database<{ subjectId: string; data: { source: string } }[]>`
  select subject_id, data from domain_events
  where name = 'image.pushed' and environment_id = ${world.environmentId}`;

describe("registry", () => {
  const envelope = (repository: string, action = "push") => ({
    events: [
      {
        id: newId(),
        action,
        target: { repository, tag: "v2", digest: `sha256:${"1".repeat(64)}` },
        request: { host: world.double.domain },
      },
    ],
  });

  test("a push has the image of just that repository checked", async () => {
    const answer = await send("registry", envelope("app"));
    expect(answer).toMatchObject({ status: 200, body: { images: [{ id: world.imageId }] } });
    expect(await pushes()).toMatchObject([
      { subjectId: world.imageId, data: { source: "registry" } },
    ]);
    expect(await send("registry", envelope("other"))).toMatchObject({ body: { images: [] } });
    expect(await send("registry", envelope("app", "pull"))).toMatchObject({ body: { images: [] } });
    expect(await pushes()).toHaveLength(1);
  });

  test("a registry cannot sign: it sends the secret", async () => {
    const type = "application/vnd.docker.distribution.events.v1+json";
    const as = (authorization: string) => ({
      secret: null,
      headers: { "Content-Type": type, Authorization: authorization },
    });
    const good = await send("registry", envelope("app"), as(`Bearer ${webhookSecret}`));
    expect(good.status).toBe(200);
    const bad = await send("registry", envelope("app"), as("Bearer wrong"));
    expect(bad.status).toBe(401);
    const elsewhere = { service: "api", environment };
    expect((await send("deploy", elsewhere, as(`Bearer ${webhookSecret}`))).status).toBe(401);
  });
});

describe("GitHub", () => {
  const published = (name: string) => ({
    action: "published",
    package: { name, namespace: "octocat", package_type: "CONTAINER" },
  });
  const headers = { "X-GitHub-Event": "package" };

  test("images of exactly that name are checked", async () => {
    await rig.database`
      update container_images set image_name = 'ghcr.io/octocat/hello',
        normalized_name = 'ghcr.io/octocat/hello'
      where id = ${world.imageId}`;
    for (const near of ["hell", "hello2", "hello/more"]) {
      const answer = await send("github", published(near), { headers });
      expect(answer).toMatchObject({ status: 200, body: { images: [] } });
    }
    const answer = await send("github", published("hello"), { headers });
    expect(answer).toMatchObject({ status: 200, body: { images: [{ id: world.imageId }] } });
    expect(await pushes()).toMatchObject([{ data: { source: "github" } }]);
  });

  test("a form is read as GitHub sends it", async () => {
    const body = `payload=${encodeURIComponent(JSON.stringify(published("hello")))}`;
    const answer = await send("github", body, {
      headers: { ...headers, "Content-Type": "application/x-www-form-urlencoded" },
    });
    expect(answer.status).toBe(200);
  });

  test("its ping is answered", async () => {
    const answer = await send("github", { zen: "…" }, { headers: { "X-GitHub-Event": "ping" } });
    expect(answer).toMatchObject({ status: 200, body: { images: [] } });
  });
});
