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
import type { WebhookImages } from "./deploy-by-webhook.ts";
import { signatureOf } from "./message.ts";
import { pushSecrets } from "./push-secrets.fixture.ts";
import { webhooksRoutes } from "./webhooks.routes.ts";

const secret = "what both sides know";

let rig: TestDatabase;
let world: ImageWorld;
let environment: string;
/** where tags are asked for; a test may let it fail */
let images: WebhookImages;

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());
beforeEach(async () => {
  world = await newImageWorld(rig.database, "v*");
  world.double.push("app", "v1");
  await world.sync();
  environment = (await findEnvironment(rig.database, world.environmentId))?.name ?? "";
  images = world.sources;
  for (const name of ["api", "web"]) {
    const { imageId } = world;
    const serverId = await newServer(rig.database, world.environmentId, { name: `of-${name}` });
    await newService(rig.database, { serverId, imageId, name });
    await storeContainer(rig.database, serverId, reportOf(name));
  }
  return () => world.close();
});

type Headers = Record<string, string>;

async function post(path: string, body: string, headers: Headers) {
  const app = router();
  app.onError((error, c) => errorAnswer(error, c, pino({ level: "silent" })));
  const parts = {
    database: rig.database,
    secrets,
    publicUrl: "https://bp.test",
    images,
    webhookSecret: secret,
    pushSecrets: pushSecrets(() => secret),
  };
  app.route("/api", webhooksRoutes(parts));
  const response = await app.request(`/api/webhooks/${path}`, { method: "POST", body, headers });
  const answer = (await response.json()) as {
    plan?: { id: string };
    images?: { id: string }[];
    message?: string;
    repeat?: boolean;
    code?: string;
  };
  return { status: response.status, ...answer };
}

const wish = (service = "api") => JSON.stringify({ service, environment, imageTag: "v1" });
const signed = (body: string, more: Headers = {}, by = secret) => ({
  "X-Webhook-Signature": signatureOf(by, body),
  ...more,
});
const named = (id: string) => ({ "X-Webhook-Delivery": id });
/** One that signs its id and time, too. */
function timed(body: string, id: string, secondsAgo = 0): Headers {
  const timestamp = String(Math.floor(Date.now() / 1000) - secondsAgo);
  return {
    ...named(id),
    "X-Webhook-Timestamp": timestamp,
    "X-Webhook-Signature": signatureOf(secret, `${id}.${timestamp}.${body}`),
  };
}

async function plans(): Promise<number> {
  const rows = await rig.database`
    select from deployment_plans where environment_id = ${world.environmentId}`;
  return rows.length;
}

/** Ends what runs, as services that are being deployed are refused to others. */
async function endPlans(): Promise<void> {
  await rig.database`
    update deployment_plans set status = 'completed', completed_at = now()
    where environment_id = ${world.environmentId}`;
  await rig.database`
    update plan_services set active = false where plan_id in (
      select id from deployment_plans where environment_id = ${world.environmentId})`;
}

describe("a deploy whose delivery is named", () => {
  test("is taken once; the second gets the plan of the first", async () => {
    const id = newId();
    const first = await post("deploy", wish(), signed(wish(), named(id)));
    expect(first).toMatchObject({ status: 200 });
    expect(first).not.toHaveProperty("repeat");
    const second = await post("deploy", wish(), signed(wish(), named(id)));
    expect(second).toMatchObject({ status: 200, repeat: true, plan: { id: first.plan?.id } });
    expect(await plans()).toBe(1);
    const other = await post("deploy", wish("web"), signed(wish("web"), named(newId())));
    expect(other).toMatchObject({ status: 200 });
    expect(await plans()).toBe(2);
  });

  test("of many at the same moment, one starts a plan and all are told of it", async () => {
    const id = newId();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post("deploy", wish(), signed(wish(), named(id)))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(new Set(answers.map(({ plan }) => plan?.id)).size).toBe(1);
    expect(answers.filter(({ repeat }) => repeat !== true)).toHaveLength(1);
    expect(await plans()).toBe(1);
  });

  test("that failed on our side may be sent again, and works then", async () => {
    const id = newId();
    images = {
      ...world.sources,
      resolveTag: async () => {
        throw new Error("the database went away");
      },
    };
    const failed = await post("deploy", wish(), signed(wish(), named(id)));
    expect(failed.status).toBe(500);
    images = world.sources;
    const again = await post("deploy", wish(), signed(wish(), named(id)));
    expect(again).toMatchObject({ status: 200 });
    expect(again).not.toHaveProperty("repeat");
    expect(await plans()).toBe(1);
  });

  test("that failed while its plan was written leaves nothing, and works then", async () => {
    const id = newId();
    await rig.owner`
      create function fail_plan() returns trigger language plpgsql as
      $$ begin raise exception 'disk full'; end $$`;
    await rig.owner`
      create trigger fail_plan before insert on plan_steps execute function fail_plan()`;
    expect((await post("deploy", wish(), signed(wish(), named(id)))).status).toBe(500);
    await rig.owner`drop function fail_plan cascade`;
    const again = await post("deploy", wish(), signed(wish(), named(id)));
    expect(again).toMatchObject({ status: 200 });
    expect(again).not.toHaveProperty("repeat");
  });

  test("that was refused may be sent again", async () => {
    const id = newId();
    const body = JSON.stringify({ service: "api", environment, imageTag: "v2" });
    expect((await post("deploy", body, signed(body, named(id)))).status).toBe(400);
    world.double.push("app", "v2");
    expect((await post("deploy", body, signed(body, named(id)))).status).toBe(200);
  });

  test("a stranger who lacks the secret takes no id from the one who has it", async () => {
    const id = newId();
    for (const headers of [named(id), signed(wish(), named(id), "a guess"), {}]) {
      expect((await post("deploy", wish(), headers)).status).toBe(401);
    }
    const answer = await post("deploy", wish(), signed(wish(), named(id)));
    expect(answer).toMatchObject({ status: 200 });
    expect(answer).not.toHaveProperty("repeat");
  });

  test("an id of one delivery that comes with another request: 409, and nothing is started", async () => {
    const id = newId();
    await post("deploy", wish(), signed(wish(), named(id)));
    const answer = await post("deploy", wish("web"), signed(wish("web"), named(id)));
    expect(answer).toMatchObject({ status: 409, code: "delivery_id_reused" });
    expect(await plans()).toBe(1);
  });

  test("a day later the id may be used again", async () => {
    const id = newId();
    await post("deploy", wish(), signed(wish(), named(id)));
    await endPlans();
    await rig.database`update incoming_deliveries set taken_at = now() - interval '25 hours'`;
    const answer = await post("deploy", wish(), signed(wish(), named(id)));
    expect(answer).not.toHaveProperty("repeat");
    expect(await plans()).toBe(2);
  });

  test("without an id each is one of its own", async () => {
    await post("deploy", wish(), signed(wish()));
    await endPlans();
    expect(await post("deploy", wish(), signed(wish()))).not.toHaveProperty("repeat");
    expect(await plans()).toBe(2);
  });
});

describe("a deploy that signs its time", () => {
  test("is taken once, and only now", async () => {
    const headers = timed(wish(), "one");
    expect(await post("deploy", wish(), headers)).toMatchObject({ status: 200 });
    expect(await post("deploy", wish(), headers)).toMatchObject({ status: 200, repeat: true });
    for (const secondsAgo of [3600, -3600]) {
      const answer = await post("deploy", wish(), timed(wish(), newId(), secondsAgo));
      expect(answer).toMatchObject({ status: 401, code: "stale_timestamp" });
    }
    expect(await plans()).toBe(1);
  });

  test("cannot be sent again as another, nor without its time", async () => {
    const headers = timed(wish(), "two");
    await post("deploy", wish(), headers);
    await endPlans();
    const { "X-Webhook-Timestamp": _, ...timeless } = headers;
    for (const sent of [timeless, { ...headers, ...named("three") }]) {
      expect(await post("deploy", wish(), sent)).toMatchObject({ status: 401 });
    }
    expect(await plans()).toBe(1);
  });
});

describe("pushes", () => {
  const pushes = async () =>
    (
      await rig.database`
        select from domain_events
        where name = 'image.pushed' and environment_id = ${world.environmentId}`
    ).length;

  interface Vendor {
    image: string;
    body: (id: string) => object;
    headers: (id: string, body: string) => Headers;
  }
  const events = (id: string) => ({
    events: [
      { id, action: "push", target: { repository: "team/app", tag: "v1" } },
      { id: "second", action: "push", target: { repository: "team/app", tag: "v2" } },
    ],
  });
  const vendors: Record<string, Vendor> = {
    github: {
      image: "ghcr.io/team/app",
      body: () => ({ action: "published", package: { name: "app", namespace: "team" } }),
      headers: (id, body) => ({
        "X-GitHub-Event": "package",
        "X-GitHub-Delivery": id,
        "X-Hub-Signature-256": signatureOf(secret, body),
      }),
    },
    gitea: {
      image: "git.example.com/team/app",
      body: () => ({
        action: "created",
        package: {
          type: "container",
          name: "app",
          html_url: "https://git.example.com/x",
          owner: { login: "team" },
        },
      }),
      headers: (id, body) => ({
        "X-Gitea-Delivery": id,
        "X-Gitea-Signature": signatureOf(secret, body),
      }),
    },
    gitlab: {
      image: "reg.example.com/team/app",
      body: () => events("always the same"),
      headers: (id) => ({ "X-Gitlab-Event-UUID": id, "X-Gitlab-Token": secret }),
    },
    registry: {
      image: "reg.example.com/team/app",
      body: events,
      headers: () => ({ Authorization: `Bearer ${secret}` }),
    },
    acr: {
      image: "reg.example.com/team/app",
      body: (id) => ({
        id,
        action: "push",
        target: { repository: "team/app", tag: "v1" },
        request: { host: "reg.example.com" },
      }),
      headers: () => ({ Authorization: secret }),
    },
    harbor: {
      image: "reg.example.com/team/app",
      body: (id) => ({
        specversion: "1.0",
        id,
        type: "harbor.artifact.pushed",
        data: { resources: [{ resource_url: "reg.example.com/team/app:v1", tag: "v1" }] },
      }),
      headers: () => ({ Authorization: secret }),
    },
  };

  const call = (name: string) => rig.database`
    update container_images set image_name = ${name}, normalized_name = ${name}
    where id = ${world.imageId}`;
  function push(vendor: string, id: string) {
    const { body, headers } = vendors[vendor] as Vendor;
    const text = JSON.stringify(body(id));
    return post(vendor, text, headers(id, text));
  }

  // Others of former tests have the same name.
  beforeEach(
    () => rig.database`
    update container_images set image_name = id::text, normalized_name = 'former.test/' || id
    where id <> ${world.imageId}`,
  );

  test.each(Object.keys(vendors))(
    "of %s are taken once by the id it gives them",
    async (vendor) => {
      await call(vendors[vendor]?.image ?? "");
      const id = newId();
      const [first, second] = [await push(vendor, id), await push(vendor, id)];
      expect(first).toMatchObject({ status: 200, images: [{ id: world.imageId }] });
      expect(second).toEqual({ ...first, repeat: true });
      expect(await pushes()).toBe(1);
      expect(await push(vendor, newId())).toEqual(first);
      expect(await pushes()).toBe(2);
    },
  );

  test("two at the same moment are one", async () => {
    await call("ghcr.io/team/app");
    const id = newId();
    const answers = await Promise.all(Array.from({ length: 6 }, () => push("github", id)));
    expect(answers.filter(({ repeat }) => repeat !== true)).toHaveLength(1);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await pushes()).toBe(1);
  });

  test("one that concerned no image may be sent again when there is one", async () => {
    const id = newId();
    expect(await push("github", id)).toMatchObject({ status: 200, images: [] });
    await call("ghcr.io/team/app");
    expect(await push("github", id)).toMatchObject({ images: [{ id: world.imageId }] });
  });

  test("the same id of another sender is another delivery", async () => {
    const id = newId();
    await call("ghcr.io/team/app");
    await push("github", id);
    await call("git.example.com/team/app");
    expect(await push("gitea", id)).not.toHaveProperty("repeat");
    expect(await pushes()).toBe(2);
  });
});
