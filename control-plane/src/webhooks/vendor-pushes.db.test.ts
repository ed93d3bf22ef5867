import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { pushVendors } from "../config.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { errorAnswer } from "../http/errors.ts";
import { router } from "../http/routes.ts";
import { type ImageWorld, newImageWorld, secrets } from "../images/image-world.fixture.ts";
import { signatureOf } from "./message.ts";
import { pushSecrets } from "./push-secrets.fixture.ts";
import { vendorPayloads } from "./vendor-payloads.fixture.ts";
import { webhooksRoutes } from "./webhooks.routes.ts";

type Vendor = keyof typeof vendorPayloads;
type Headers = Record<string, string>;

const vendors = pushVendors.filter((name): name is Vendor => name in vendorPayloads);
const secretOf = (vendor: string) => `${vendor}/s3cret+é`;
const inHeader = (text: string) => Buffer.from(text, "utf8").toString("latin1");

let rig: TestDatabase;
let world: ImageWorld;
/** Images of former tests stay in the database, so each test has an owner of its own. */
let owner: string;
let tests = 0;

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());
beforeEach(async () => {
  world = await newImageWorld(rig.database, "v*");
  owner = `team-${++tests}`;
  return () => world.close();
});

interface Sent {
  headers?: Headers;
  query?: string;
}

/** The same as each vendor can send it, by a secret and for a body. */
const ways: Record<Vendor, ((secret: string, body: string) => Sent)[]> = {
  dockerhub: [(secret) => ({ query: `?secret=${encodeURIComponent(secret)}` })],
  quay: [(secret) => ({ query: `?secret=${encodeURIComponent(secret)}` })],
  harbor: [
    (secret) => ({ headers: { Authorization: inHeader(secret) } }),
    (secret) => ({ headers: { Authorization: `Bearer ${inHeader(secret)}` } }),
  ],
  acr: [(secret) => ({ headers: { Authorization: `Bearer ${inHeader(secret)}` } })],
  gitlab: [
    (secret) => ({ headers: { "X-Gitlab-Token": inHeader(secret) } }),
    (secret) => ({ headers: { Authorization: `Bearer ${inHeader(secret)}` } }),
  ],
  gitea: [
    (secret, body) => ({
      headers: { "X-Gitea-Event": "package", "X-Gitea-Signature": signatureOf(secret, body) },
    }),
  ],
  artifactory: [
    (secret, body) => ({ headers: { "X-JFrog-Event-Auth": signatureOf(secret, body) } }),
    (secret) => ({ headers: { "X-JFrog-Event-Auth": inHeader(secret) } }),
  ],
};
const each = vendors.flatMap((vendor) =>
  ways[vendor].map((way, index) => [vendor, index, way] as const),
);

async function post(vendor: Vendor, body: string, sent: Sent, configured = true) {
  const app = router();
  app.onError((error, c) => errorAnswer(error, c, pino({ level: "silent" })));
  const parts = {
    database: rig.database,
    secrets,
    publicUrl: "https://bp.test",
    images: world.sources,
    webhookSecret: "the registry's",
    pushSecrets: pushSecrets((name) => (configured ? secretOf(name) : null)),
  };
  app.route("/api", webhooksRoutes(parts));
  const response = await app.request(`/api/webhooks/${vendor}${sent.query ?? ""}`, {
    method: "POST",
    body,
    headers: sent.headers ?? {},
  });
  const answer = (await response.json()) as {
    images?: { id: string }[];
    code?: string;
    error?: string;
    message?: string;
  };
  return { status: response.status, ...answer };
}

/** Gives the world's image another name, as the vendor's registry has it. */
async function callImage(name: string): Promise<void> {
  await rig.database`
    update container_images set image_name = ${name}, normalized_name = ${name}
    where id = ${world.imageId}`;
}

const pushes = () => rig.database<{ subjectId: string; data: { source: string } }[]>`
  select subject_id, data from domain_events
  where name = 'image.pushed' and environment_id = ${world.environmentId}`;

const hostOf = (vendor: Vendor) => (vendor === "dockerhub" ? "docker.io" : "reg.example.com");
const payload = (vendor: Vendor, path = `${owner}/app`) =>
  JSON.stringify(vendorPayloads[vendor]({ host: hostOf(vendor), path, tag: "v2" }));

describe.each(each)("%s, way %i", (vendor, _, way) => {
  test("a push has the image of just that repository checked", async () => {
    await callImage(`${hostOf(vendor)}/${owner}/app`);
    for (const other of [`${owner}/ap`, `${owner}/app2`, "nowhere/app/x"]) {
      const body = payload(vendor, other);
      const answer = await post(vendor, body, way(secretOf(vendor), body));
      expect(answer).toMatchObject({ status: 200, images: [] });
    }
    expect(await pushes()).toEqual([]);
    const body = payload(vendor);
    const answer = await post(vendor, body, way(secretOf(vendor), body));
    expect(answer).toMatchObject({ status: 200, images: [{ id: world.imageId }] });
    expect(await pushes()).toMatchObject([{ subjectId: world.imageId, data: { source: vendor } }]);
    const [entry] = await rig.database`
      select actor_name, details from audit_logs
      where action = 'image_pushed' and resource_id = ${world.imageId}`;
    expect(entry).toMatchObject({ actorName: `webhook ${vendor}`, details: { tags: ["v2"] } });
  });

  test("another's secret, a part of it, none, or one too many: 401, whatever the body is", async () => {
    for (const body of [payload(vendor), "{}", "not json", ""]) {
      const right = secretOf(vendor);
      const wrong = ["other", right.slice(1), `${right}x`, "", secretOf("registry")];
      for (const sent of [...wrong.map((secret) => way(secret, body)), {}]) {
        const answer = await post(vendor, body, sent);
        expect(answer).toMatchObject({ status: 401, code: "bad_signature" });
        expect(answer.error).not.toContain(right);
      }
    }
    expect(await pushes()).toEqual([]);
  });

  test("without a configured secret nothing is believed, not even an empty one", async () => {
    const body = payload(vendor);
    for (const sent of [way(secretOf(vendor), body), way("", body), way("null", body), {}]) {
      const answer = await post(vendor, body, sent, false);
      expect(answer).toMatchObject({ status: 401, code: "bad_signature" });
      expect(answer.error).toContain(`${vendor.toUpperCase()}_WEBHOOK_SECRET`);
    }
  });

  test.each(["", "not json", "[1", "null", "7", "[]", "{}", '{"a":"\\u0000"}'])(
    "a body that is malformed: 400 with a sentence (%j)",
    async (body) => {
      const answer = await post(vendor, body, way(secretOf(vendor), body));
      expect(answer.status).toBe(400);
      expect(answer.error?.length).toBeGreaterThan(10);
    },
  );
});

test("a signature is of the body as it came", async () => {
  for (const vendor of ["gitea", "artifactory"] as const) {
    const body = payload(vendor);
    const [sign] = ways[vendor];
    const signed = sign?.(secretOf(vendor), body) ?? {};
    expect((await post(vendor, ` ${body}`, signed)).status).toBe(401);
  }
});

test("a secret in the URL opens the paths only whose vendors can send nothing else", async () => {
  for (const vendor of vendors.filter((name) => name !== "dockerhub" && name !== "quay")) {
    const query = `?secret=${encodeURIComponent(secretOf(vendor))}`;
    expect((await post(vendor, payload(vendor), { query })).status).toBe(401);
  }
});

test("events that push nothing are answered with 200, and nothing is done", async () => {
  await callImage(`reg.example.com/${owner}/app`);
  const events: [Vendor, unknown][] = [
    ["harbor", { type: "PULL_ARTIFACT", event_data: {} }],
    ["quay", { docker_url: `reg.example.com/${owner}/app` }],
    ["acr", { id: "1", action: "ping" }],
    ["gitlab", { object_kind: "push" }],
    ["artifactory", { domain: "docker", event_type: "deleted", data: {} }],
  ];
  for (const [vendor, event] of events) {
    const body = JSON.stringify(event);
    const [way] = ways[vendor];
    const answer = await post(vendor, body, way?.(secretOf(vendor), body) ?? {});
    expect(answer).toMatchObject({ status: 200, images: [] });
  }
  expect(await pushes()).toEqual([]);
});

test("an image of that repository is checked in every environment", async () => {
  const other = await newImageWorld(rig.database, "v*");
  try {
    await rig.database`
      update container_images set normalized_name = ${`reg.example.com/${owner}/app`}
      where id = any(${[world.imageId, other.imageId]}::uuid[])`;
    const body = payload("harbor");
    const [way] = ways.harbor;
    const answer = await post("harbor", body, way?.(secretOf("harbor"), body) ?? {});
    expect(answer.images?.map(({ id }) => id).toSorted()).toEqual(
      [world.imageId, other.imageId].toSorted(),
    );
  } finally {
    await other.close();
  }
});
