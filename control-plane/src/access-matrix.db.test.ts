import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Asker, type Ids, type Matrix, openMatrix } from "./access-matrix.fixture.ts";
import { newId } from "./database/ids.ts";
import { openTestDatabase, type TestDatabase } from "./database/test-database.ts";

/*
 * Every route that the API describes, asked by everybody. A route that is new is asked by itself;
 * where this file does not know what to put into its path or body, or who may ask, it fails.
 */

let rig: TestDatabase;
let matrix: Matrix;
let routes: Route[];

interface Route {
  name: string;
  method: string;
  path: string;
  /** null: it needs no login */
  role: "viewer" | "operator" | "admin" | null;
  /** a session is needed: an API token is not enough */
  session: boolean;
  takesBody: boolean;
}

beforeAll(async () => {
  rig = await openTestDatabase();
  matrix = await openMatrix(rig);
  const { text } = await matrix.call("anonymous", "GET", "/api/openapi.json");
  routes = routesOf(JSON.parse(text));
});
afterAll(async () => {
  await matrix.close();
  await rig.close();
});

interface Description {
  paths: Record<
    string,
    Record<
      string,
      {
        description?: string;
        security?: unknown[];
        requestBody?: unknown;
        responses: Record<string, { description?: string }>;
      }
    >
  >;
}

function routesOf({ paths }: Description): Route[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, about]) => {
      const method = verb.toUpperCase();
      const told = `${about.description} ${about.responses["200"]?.description}`;
      const role = /Needs the role (\w+)/.exec(told)?.[1] as Route["role"] | undefined;
      const open = (about.security ?? []).length === 0;
      if (open === (role !== undefined)) throw new Error(`${method} ${path}: who may ask?`);
      return {
        name: `${method} ${path}`,
        method,
        path,
        role: role ?? null,
        session: /Needs a session/.test(told),
        takesBody: about.requestBody !== undefined,
      };
    }),
  );
}

/** What needs no login: it authenticates in another way, or tells nothing. */
const open = [
  "GET /api/ws",
  "GET /healthz",
  "GET /readyz",
  "GET /api/auth/methods",
  "GET /api/auth/oidc/callback",
  "GET /api/auth/oidc/start",
  "GET /api/agent/authority",
  "GET /api/agent/download/{version}/checksums",
  "GET /api/agent/download/{version}/{platform}",
  "GET /api/agent/image.tar",
  "GET /api/agent/install.sh",
  "GET /api/agent/package",
  "GET /api/receipt-keys",
  "GET /api/cli/download/{version}/{platform}",
  "GET /api/cli/package",
  "POST /api/agent/enroll",
  "POST /api/auth/login",
  "POST /api/auth/passkeys/login",
  "POST /api/auth/passkeys/login/options",
  ...["acr", "artifactory", "deploy", "deploy-image", "dockerhub", "gitea", "github", "gitlab"].map(
    (name) => `POST /api/webhooks/${name}`,
  ),
  "POST /api/webhooks/harbor",
  "POST /api/webhooks/quay",
  "POST /api/webhooks/registry",
];

/** What a name in a path stands for, by the part of the path before it. */
const subjects: Record<string, keyof Ids> = {
  environments: "environment",
  servers: "server",
  services: "service",
  dependencies: "dependency",
  "container-images": "image",
  digests: "digest",
  quarantine: "digest",
  link: "service",
  registries: "registry",
  "deployment-plans": "plan",
  webhooks: "webhook",
  users: "user",
  sessions: "session",
  tokens: "token",
  passkeys: "passkey",
};

function filled(path: string, ids: Ids): string {
  const parts = path.split("/");
  return parts
    .map((part, at) => {
      if (!part.startsWith("{")) return part;
      if (part === "{repo}") return "app";
      if (part === "{version}") return "0.0.0";
      if (part === "{platform}") return "linux-x64";
      const subject = subjects[parts[at - 1] ?? ""];
      if (subject === undefined) throw new Error(`What is ${part} in ${path}?`);
      return ids[subject];
    })
    .join("/");
}

/** Bodies that would be done, for who may. */
function bodyOf({ name, takesBody }: Route, ids: Ids): unknown {
  const response = { clientDataJSON: "e30", attestationObject: "oA" };
  const newCredential = { id: "MQ", type: "public-key", response };
  const password = "correct horse battery";
  const bodies: Record<string, unknown> = {
    "POST /api/users": { email: "new@bridgeport.test", password, role: "admin" },
    "POST /api/users/{id}/change-password": { newPassword: password },
    "POST /api/auth/totp": { currentPassword: password },
    "POST /api/auth/totp/confirm": { code: "123456" },
    "POST /api/auth/totp/disable": { currentPassword: password, code: "123456" },
    "POST /api/auth/passkeys/options": { currentPassword: password },
    "POST /api/auth/passkeys": { name: "new", credential: newCredential },
    "PATCH /api/auth/passkeys/{id}": { name: "renamed" },
    "PUT /api/users/{id}/identity": { subject: "1" },
    "POST /api/tokens": { name: "new", role: "viewer" },
    "PUT /api/container-images/{id}/signature-rule": { mode: "none" },
    "PUT /api/container-images/{id}/job": {
      command: ["migrate"],
      serviceId: ids.service,
      timeoutMs: 60_000,
    },
    "PUT /api/container-images/{id}/hooks": { before: [], after: [] },
    "PUT /api/registries/{id}/signature-rule": { mode: "none" },
    "PUT /api/environments/{envId}/signature-rule": { mode: "none" },
    "PUT /api/environments/{envId}/freeze": { until: "2999-01-01T00:00:00Z", reason: "a test" },
    "POST /api/environments/{envId}/promote": { fromEnvironmentId: ids.environment },
    "POST /api/system/profile": { seconds: 0.1 },
    "PUT /api/freeze": { until: "2999-01-01T00:00:00Z", reason: "a test" },
    "POST /api/deployment-plans/{id}/reject": { reason: "a test" },
    "POST /api/environments": { name: "new" },
    "POST /api/environments/{envId}/servers": { name: "new" },
    "POST /api/environments/{envId}/registries": {
      name: "new",
      registryUrl: "https://registry.test",
    },
    "POST /api/environments/{envId}/container-images": {
      name: "new",
      imageName: "registry.test/new",
    },
    "POST /api/servers/{serverId}/services": {
      name: "new",
      containerName: "new",
      containerImageId: ids.image,
    },
    "POST /api/services/{id}/dependencies": { dependsOnId: ids.service, type: "deploy_after" },
    "POST /api/admin/webhooks": {
      name: "new",
      url: "https://hooks.test/y",
      events: ["server.offline"],
    },
    "PUT /api/admin/webhooks/{id}": {
      name: "new",
      url: "https://hooks.test/y",
      events: ["server.offline"],
    },
    "POST /api/notifications/read": { upTo: 0 },
    "POST /api/container-images/{id}/deploy": { imageDigestId: ids.digest },
    "POST /api/services/{id}/deploy": { imageDigestId: ids.digest },
    "POST /api/environments/{envId}/deployment-plans": {
      containerImageId: ids.image,
      imageDigestId: ids.digest,
    },
  };
  return bodies[name] ?? (takesBody ? {} : undefined);
}

/** What has to stand in the query. */
function queryOf({ name }: Route, ids: Ids): string {
  const queries: Record<string, string> = {
    "GET /api/container-images/{id}/compare": `?from=${ids.digest}&to=${ids.digest}`,
    "POST /api/container-images/{id}/update-policy": "?dryRun=true",
  };
  return queries[name] ?? "";
}

function ask(asker: Asker, route: Route) {
  const { ids } = matrix;
  const path = filled(route.path, ids) + queryOf(route, ids);
  return matrix.call(asker, route.method, path, bodyOf(route, ids));
}

const closed = () => routes.filter(({ role }) => role !== null);

test("what needs no login is known", () => {
  expect(
    routes
      .filter(({ role }) => role === null)
      .map(({ name }) => name)
      .sort(),
  ).toEqual([...open].sort());
});

test.each<Asker>(["anonymous", "unknown", "expired", "revoked", "logged out"])(
  "%s: every route is closed, and nothing happens",
  async (asker) => {
    const before = await matrix.stored();
    for (const route of closed()) {
      expect([route.name, (await ask(asker, route)).status]).toEqual([route.name, 401]);
    }
    expect(await matrix.stored()).toEqual(before);
  },
);

test.each<[Asker, Route["role"][]]>([
  ["viewer", ["operator", "admin"]],
  ["viewer's token", ["operator", "admin"]],
  ["operator", ["admin"]],
])("%s: is refused what needs a higher role, and nothing happens", async (asker, higher) => {
  const before = await matrix.stored();
  for (const route of closed().filter(({ role }) => higher.includes(role))) {
    const { status, text } = await ask(asker, route);
    expect([route.name, status, JSON.parse(text).code]).toEqual([route.name, 403, "role_too_low"]);
  }
  expect(await matrix.stored()).toEqual(before);
});

test("an API token is refused what needs a session", async () => {
  const before = await matrix.stored();
  const wanted = closed().filter(({ session }) => session);
  expect(wanted.length).toBeGreaterThan(6);
  for (const route of wanted) {
    for (const asker of ["viewer's token", "administrator elsewhere"] as const) {
      expect([route.name, (await ask(asker, route)).status]).toEqual([route.name, 403]);
    }
  }
  expect(await matrix.stored()).toEqual(before);
});

/** What an administrator of another environment may ask, as it is about the asker or about no environment. */
const elsewhere: Record<string, number> = {
  "GET /api/auth/me": 200,
  "POST /api/auth/logout": 200,
  "GET /api/audit-logs": 200,
  "GET /api/audit-logs/export": 200,
  "GET /api/environments": 200,
  "GET /api/freeze": 200,
  "GET /api/settings/system": 200,
  "GET /api/admin/webhooks": 200,
  "GET /api/notifications": 200,
  "POST /api/notifications/read": 200,
};

/** What a person who is logged in may ask beside that: about the person's own account. */
const own: Record<string, number> = {
  "GET /api/sessions": 200,
  "GET /api/tokens": 200,
  "GET /api/auth/totp": 200,
  // The password that is sent is not the right one, and there is no second factor.
  "POST /api/auth/totp": 400,
  "POST /api/auth/totp/confirm": 409,
  "POST /api/auth/totp/disable": 400,
  "GET /api/auth/passkeys": 200,
  // The console's address here is one without passkeys.
  "POST /api/auth/passkeys/options": 409,
  "POST /api/auth/passkeys": 409,
};

test.each<[Asker, Record<string, number>]>([
  ["administrator elsewhere", elsewhere],
  ["person who administers elsewhere", { ...elsewhere, ...own }],
])("%s: sees and changes nothing of this environment", async (asker, may) => {
  const before = await matrix.stored();
  const hidden = [...Object.values(matrix.ids), ...matrix.others];
  const wrong: unknown[] = [];
  // The one makes a token of one's own, the other ends the session that is asked with.
  const left =
    asker === "administrator elsewhere" ? [] : ["POST /api/tokens", "POST /api/auth/logout"];
  for (const route of closed().filter(({ name }) => !left.includes(name))) {
    const { status, text } = await ask(asker, route);
    const allowed = may[route.name];
    const expected = allowed === undefined ? [403, 404] : [allowed];
    const told = hidden.filter((id) => text.includes(id));
    if (!expected.includes(status) || told.length > 0) wrong.push([route.name, status, text]);
  }
  expect(wrong).toEqual([]);
  expect(await matrix.stored()).toEqual(before);
});

test("a viewer of this environment who is an operator of another is a viewer here", async () => {
  const asker = "viewer here, operator elsewhere";
  const before = await matrix.stored();
  const wrong: unknown[] = [];
  for (const route of closed().filter(({ session }) => !session)) {
    if (route.name === "POST /api/auth/logout") continue;
    const { status, text } = await ask(asker, route);
    // What belongs to no environment is for those who have a role in all of them.
    const refused = route.role !== "viewer" || route.name === "GET /metrics";
    if (refused !== (status === 403) || status === 500) wrong.push([route.name, status, text]);
  }
  expect(wrong).toEqual([]);
  expect(await matrix.stored()).toEqual(before);
});

test.each<Asker>([
  "administrator elsewhere",
  "person who administers elsewhere",
  "viewer here, operator elsewhere",
])("%s: nor by naming things of this one in another", async (asker) => {
  const { ids, elsewhere: own } = matrix;
  const as = (method: string, path: string, body?: unknown) =>
    matrix.call(asker, method, path, body);
  const make = (path: string, body: unknown) => matrix.call("administrator", "POST", path, body);
  const reads = asker === "viewer here, operator elsewhere";
  const json = (answer: { text: string }) => JSON.parse(answer.text);
  const name = `own ${asker}`;
  const image = { name, imageName: `registry.test/own-${newId()}` };
  const made = await make(`/api/environments/${own}/container-images`, image);
  const server = await make(`/api/environments/${own}/servers`, { name });
  const imageId = json(made).image.id;
  const serverId = json(server).server.id;
  const service = { name, containerName: "own-one", containerImageId: imageId };
  const serviceId = json(await make(`/api/servers/${serverId}/services`, service)).service.id;
  const before = await matrix.stored();
  const attempts: [method: string, path: string, body?: unknown][] = [
    [
      "POST",
      `/api/environments/${own}/container-images`,
      { ...image, imageName: "registry.test/b", registryConnectionId: ids.registry },
    ],
    ["PATCH", `/api/container-images/${imageId}`, { registryConnectionId: ids.registry }],
    [
      "POST",
      `/api/servers/${serverId}/services`,
      { ...service, name: "b", containerName: "own-b", containerImageId: ids.image },
    ],
    [
      "POST",
      `/api/services/${serviceId}/dependencies`,
      { dependsOnId: ids.service, type: "deploy_after" },
    ],
    ["POST", `/api/container-images/${imageId}/link/${ids.service}`],
    ["POST", `/api/container-images/${ids.image}/link/${serviceId}`],
    [
      "POST",
      `/api/environments/${own}/deployment-plans`,
      { containerImageId: ids.image, imageDigestId: ids.digest },
    ],
    [
      "POST",
      `/api/environments/${own}/deployment-plans`,
      { serviceIds: [ids.service], imageDigestId: ids.digest },
    ],
    ["POST", `/api/services/${serviceId}/deploy`, { imageDigestId: ids.digest }],
    [
      "POST",
      `/api/container-images/${imageId}/deploy`,
      { imageDigestId: ids.digest, serviceIds: [ids.service] },
    ],
    ["POST", `/api/container-images/${imageId}/digests/${ids.digest}/skip`, {}],
    ["GET", `/api/container-images/${imageId}/digests/${ids.digest}`],
    ["GET", `/api/container-images/${imageId}/compare?from=${ids.digest}&to=${ids.digest}`],
    ["DELETE", `/api/services/${serviceId}/dependencies/${ids.dependency}`],
    [
      "POST",
      "/api/admin/webhooks",
      {
        name: "b",
        url: "https://hooks.test/z",
        events: ["server.offline"],
        environmentIds: [own, ids.environment],
      },
    ],
    ["GET", `/api/audit-logs?environmentId=${ids.environment}`],
  ];
  for (const [method, path, body] of attempts) {
    if (method === "GET" && reads) continue;
    const { status, text } = await as(method, path, body);
    expect([method, path, status >= 400 && status < 500]).toEqual([method, path, true]);
    expect([path, text.includes("registry.test/app")]).toEqual([path, false]);
  }
  const { text } = await as(
    "GET",
    `/api/environments/${own}/deployment-plans?containerImageId=${ids.image}`,
  );
  expect(JSON.parse(text)).toEqual({ plans: [], total: 0, nextCursor: null });
  expect(await matrix.stored()).toEqual(before);
});

test("a viewer reads everything, and no request of a viewer fails", async () => {
  for (const route of closed().filter(({ role, session }) => role === "viewer" && !session)) {
    if (route.name === "POST /api/auth/logout") continue;
    const { status } = await ask("viewer", route);
    expect([route.name, [401, 403, 500].includes(status)]).toEqual([route.name, false]);
  }
});

describe("live updates", () => {
  /** What the WebSocket's description says there is to follow. */
  async function topics(): Promise<string[]> {
    const { text } = await matrix.call("anonymous", "GET", "/api/openapi.json");
    const about = JSON.stringify((JSON.parse(text) as Description).paths["/api/ws"]);
    const kinds = [...about.matchAll(/([\w-]+):<(\w+)>/g)].map(([, kind]) => kind ?? "");
    const byKind: Record<string, string> = {
      environment: matrix.ids.environment,
      plan: matrix.ids.plan,
      "plan-changes": matrix.ids.plan,
      logs: matrix.ids.service,
    };
    return kinds.map((kind) => {
      if (byKind[kind] === undefined) throw new Error(`What is a topic ${kind}?`);
      return `${kind}:${byKind[kind]}`;
    });
  }

  /** The first that is heard of the topic, or the code that the connection is closed with. */
  async function follow(asker: Asker, topic: string): Promise<string | number> {
    const socket = new WebSocket(`ws://${matrix.url}/api/ws`);
    const first = await new Promise<string | number>((resolve) => {
      socket.on("open", () => {
        const token = matrix.tokens[asker];
        if (token !== null) socket.send(JSON.stringify({ type: "auth", token }));
        socket.send(JSON.stringify({ type: "subscribe", topics: [topic] }));
      });
      socket.on("message", (data) => {
        const message = JSON.parse(String(data)) as { event: string; topic?: string };
        if (message.topic === topic) resolve(message.event);
      });
      socket.on("close", resolve);
    });
    socket.terminate();
    return first;
  }

  test.each<[Asker, (string | number)[]]>([
    ["anonymous", [1008]],
    ["unknown", [1008]],
    ["expired", [1008]],
    ["revoked", [1008]],
    ["logged out", [1008]],
    ["administrator elsewhere", ["error"]],
    ["viewer", ["subscribed", "plan"]],
    ["viewer's token", ["subscribed", "plan"]],
    ["person who administers elsewhere", ["error"]],
    ["viewer here, operator elsewhere", ["subscribed", "plan"]],
  ])("%s, of every topic: %j", async (asker, expected) => {
    const all = await topics();
    expect(all.length).toBeGreaterThanOrEqual(3);
    for (const topic of all) expect(expected).toContain(await follow(asker, topic));
  });
});
