import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Api, apiClient, login } from "../harness/api.ts";
import type {
  ContainerImage,
  Environment,
  RegistryConnection,
  Server,
} from "../harness/resources.ts";
import { type System, startSystem } from "../harness/system.ts";

let system: System;
let api: Api;
let ids: { environment: string; server: string; registry: string; image: string };
const UNKNOWN = "01890000-0000-7000-8000-000000000000";

beforeAll(async () => {
  system = await startSystem();
  api = await system.login();
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const environment = environments[0]?.id ?? "";
  const { server } = await api.post<{ server: Server }>(
    `/api/environments/${environment}/servers`,
    { name: "far" },
  );
  const { registry } = await api.post<{ registry: RegistryConnection }>(
    `/api/environments/${environment}/registries`,
    { name: "hub", type: "generic", registryUrl: "http://127.0.0.1:9" },
  );
  const { image } = await api.post<{ image: ContainerImage }>(
    `/api/environments/${environment}/container-images`,
    { name: "App", imageName: "127.0.0.1:9/app", registryConnectionId: registry.id },
  );
  ids = { environment, server: server.id, registry: registry.id, image: image.id };
});
afterAll(() => system?.remove());

const fill = (path: string): string =>
  path.replace(/\{(\w+)\}/g, (_, name: keyof typeof ids) => ids[name]);

interface Problem {
  error: string;
  code: string;
  details?: { path: unknown; message: string }[];
}

function expectProblem(body: Problem): void {
  expect(body.error).toMatch(/^\S.{8,}/s);
  expect(body.code).toMatch(/^[a-z][a-z0-9_]*$/);
  expect(JSON.stringify(body)).not.toMatch(/\bat .*\.(ts|js):\d+|postgres|syntax error|ZodError/i);
}

describe("requests that cannot be carried out", () => {
  const post = (path: string) => ["POST", path] as const;
  const images = "/api/environments/{environment}/container-images";
  const table: [readonly [string, string], unknown, number][] = [
    [post("/api/auth/login"), "", 400],
    [post("/api/auth/login"), "{", 400],
    [post("/api/auth/login"), "null", 400],
    [post("/api/auth/login"), [], 400],
    [post("/api/auth/login"), { email: 7, password: {} }, 400],
    [post("/api/auth/login"), { email: "a@example.com", password: "wrong wrong wrong" }, 401],
    [post("/api/auth/login"), { email: "nobody@example.com", password: "x\u0000y" }, 400],
    [post(images), {}, 400],
    [post(images), { name: "", imageName: "nginx" }, 400],
    [post(images), { name: "x".repeat(10_000), imageName: "nginx" }, 400],
    [post(images), { name: "a\u0000b", imageName: "nginx" }, 400],
    [post(images), { name: "App 2", imageName: "nginx:1" }, 400],
    [post(images), { name: "App 2", imageName: `nginx@sha256:${"a".repeat(64)}` }, 400],
    [post(images), { name: "App 2", imageName: "Not Valid" }, 400],
    [post(images), { name: "App 2", imageName: "lower/UPPER" }, 400],
    [post(images), { name: "App 2", imageName: "nginx", tagFilter: " , " }, 400],
    [post(images), { name: "App 2", imageName: "nginx", tagFilter: 5 }, 400],
    [post(images), { name: "App 2", imageName: "nginx", registryConnectionId: "nope" }, 400],
    [post(images), { name: "App 2", imageName: "127.0.0.1:9/app" }, 409],
    [["PATCH", "/api/container-images/{image}"], { deployedDigestId: UNKNOWN }, 422],
    [["PATCH", "/api/container-images/{image}"], { updateAvailable: true }, 422],
    [["PATCH", "/api/container-images/{image}"], { lastCheckedAt: null }, 422],
    [["PATCH", "/api/container-images/{image}"], { tagFilter: "" }, 400],
    [["PATCH", "/api/container-images/{image}"], { autoUpdate: "yes" }, 400],
    [["PATCH", "/api/container-images/{image}"], "[1", 400],
    [post("/api/container-images/{image}/deploy"), {}, 400],
    [post("/api/container-images/{image}/deploy"), { imageDigestId: 3 }, 400],
    // Nothing is linked to it: that comes first, whatever was to be deployed.
    [post("/api/container-images/{image}/deploy"), { imageDigestId: UNKNOWN }, 400],
    [post("/api/container-images/{image}/deploy"), { tag: "no such tag!" }, 400],
    [post(`/api/container-images/{image}/link/${UNKNOWN}`), undefined, 404],
    [post("/api/environments/{environment}/servers"), {}, 400],
    [post("/api/environments/{environment}/servers"), { name: "far" }, 409],
    [post("/api/environments/{environment}/servers"), { name: "x", tags: "a,b" }, 400],
    [post("/api/servers/{server}/discover"), undefined, 503],
    [post("/api/servers/{server}/prune-images"), { mode: "everything" }, 400],
    [post("/api/environments/{environment}/registries"), { name: "r" }, 400],
    [
      post("/api/environments/{environment}/registries"),
      { name: "r", type: "unknown", registryUrl: "https://r.example.com" },
      400,
    ],
    [
      post("/api/environments/{environment}/registries"),
      { name: "r", type: "generic", registryUrl: "ftp://r.example.com" },
      400,
    ],
    [
      post("/api/environments/{environment}/registries"),
      {
        name: "r",
        type: "generic",
        registryUrl: "https://r.example.com",
        refreshIntervalMinutes: 4,
      },
      400,
    ],
    [["DELETE", "/api/registries/{registry}"], undefined, 400],
    [post("/api/environments/{environment}/deployment-plans"), {}, 400],
    [
      post("/api/environments/{environment}/deployment-plans"),
      { serviceIds: ["x"], imageDigestId: UNKNOWN },
      400,
    ],
    [post("/api/agent/enroll"), { token: "made-up", csr: "none", hostname: "h" }, 401],
    [post("/api/agent/enroll"), {}, 400],
    [["DELETE", "/api/environments/{environment}"], undefined, 400],
  ];
  const titled = table.map(([[method, path], body, status]) => {
    const shown = (JSON.stringify(body) ?? "no body").slice(0, 70);
    return [`${status}: ${method} ${path} ${shown}`, method, path, body, status] as const;
  });
  test.each(titled)("%s", async (_, method, path, body, status) => {
    const answer = await api.request<Problem>(method, fill(path), body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    expectProblem(answer.body);
  });

  test("a name is taken for what it is, whatever is in it", async () => {
    const name = `Robert'); drop table users; -- <script>alert(1)</script> ☃ ${"é".repeat(20)}`;
    const { image } = await api.post<{ image: ContainerImage }>(fill(images), {
      name,
      imageName: "ghcr.io/some/where",
    });
    expect(image.name).toBe(name);
    expect(
      (await api.get<{ image: ContainerImage }>(`/api/container-images/${image.id}`)).image.name,
    ).toBe(name);
    await api.delete(`/api/container-images/${image.id}`);
  });

  test("a body without end, or of another type, is refused", async () => {
    const large = await api.request<Problem>(
      "POST",
      fill(images),
      `{"name":"${"x".repeat(12_000_000)}`,
    );
    expect([400, 413]).toContain(large.status);
    const text = await api.request<Problem>("POST", fill(images), "name=x", {
      "content-type": "application/x-www-form-urlencoded",
    });
    expect([400, 415]).toContain(text.status);
  });
});

describe("ids", () => {
  const paths = [
    "/api/environments/:id",
    "/api/environments/:id/servers",
    "/api/environments/:id/services",
    "/api/environments/:id/container-images",
    "/api/environments/:id/registries",
    "/api/environments/:id/deployment-plans",
    "/api/servers/:id",
    "/api/servers/:id/services",
    "/api/services/:id",
    "/api/container-images/:id",
    "/api/container-images/:id/digests",
    "/api/container-images/:id/tags",
    "/api/container-images/:id/history",
    "/api/container-images/:id/linkable-services",
    "/api/registries/:id",
    "/api/deployment-plans/:id",
    "/api/users/:id",
  ];
  test.each(paths)("%s: unknown, malformed or of another kind is 404", async (path) => {
    const other = path.includes("/environments/") ? ids.image : ids.environment;
    for (const id of [UNKNOWN, "1", "%00", "..%2F..%2Fetc", "a".repeat(3000), other]) {
      const answer = await api.request<Problem>("GET", path.replace(":id", id));
      expect(answer.status, `${id.slice(0, 40)}: ${JSON.stringify(answer.body)}`).toBe(404);
      expectProblem(answer.body);
    }
  });

  test.each(["?limit=0", "?limit=101", "?limit=x", "?offset=-1", "?offset=1e9999"])(
    "a list with %s is refused",
    async (query) => {
      const answer = await api.request<Problem>(
        "GET",
        fill("/api/environments/{environment}/container-images") + query,
      );
      expect(answer.status).toBe(400);
      expectProblem(answer.body);
    },
  );
});

describe("who may do what", () => {
  const reads = ["/api/environments", "/api/users", "/api/audit-logs", "/api/tokens"];

  test("nothing without a token, or with a bad one", async () => {
    for (const token of ["", "made-up", "Bearer", "a".repeat(5000)]) {
      const nobody = apiClient(system.url, token);
      for (const path of [...reads, fill("/api/container-images/{image}")]) {
        const answer = await nobody.request<Problem>("GET", path);
        expect(answer.status).toBe(401);
        expectProblem(answer.body);
      }
    }
  });

  test("viewers read, operators also deploy, admins also administer", async () => {
    const clients: Record<string, Api> = { admin: api };
    for (const role of ["viewer", "operator"]) {
      const user = { email: `${role}@example.com`, password: `a long ${role} password`, role };
      await api.post("/api/users", user);
      clients[role] = await login(system.url, user.email, user.password);
    }
    const status = async (role: string, method: string, path: string, body?: unknown) =>
      (await clients[role]?.request(method, fill(path), body))?.status;
    const patch = ["PATCH", "/api/container-images/{image}", { name: "App" }] as const;
    const environment = ["POST", "/api/environments", { name: "" }] as const;
    const read = ["GET", "/api/container-images/{image}"] as const;
    expect(await status("viewer", ...read)).toBe(200);
    expect(await status("viewer", ...patch)).toBe(403);
    expect(await status("operator", ...patch)).toBe(200);
    expect(await status("operator", ...environment)).toBe(403);
    expect(await status("admin", ...environment)).toBe(400);
    expect(await status("viewer", "POST", "/api/container-images/{image}/deploy", {})).toBe(403);
    expect(await status("operator", "POST", "/api/container-images/{image}/deploy", {})).toBe(400);
    expect(await status("operator", "GET", "/api/users")).toBe(403);
  });

  test("whatever needs more than a viewer's role is refused to a viewer, by every route", async () => {
    const user = { email: "onlooker@example.com", password: "a long onlooker password" };
    await api.post("/api/users", { ...user, role: "viewer" });
    const viewer = await login(system.url, user.email, user.password);
    const { paths } = await api.get<{
      paths: Record<string, Record<string, { description?: string }>>;
    }>("/api/openapi.json");
    const guarded = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([, { description }]) =>
          /Needs the role (operator|admin)\./.test(description ?? ""),
        )
        .map(([method]) => ({ method: method.toUpperCase(), path })),
    );
    expect(guarded.length).toBeGreaterThan(40);
    const mutations = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations)
        .filter((method) => method !== "get")
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
    const open = mutations.filter(
      (one) => !guarded.some(({ method, path }) => one === `${method} ${path}`),
    );
    // What anybody may do: for themselves, or with a secret of its own.
    expect(open.sort()).toEqual([
      "DELETE /api/auth/passkeys/{id}",
      "DELETE /api/sessions/{id}",
      "DELETE /api/tokens/{id}",
      "DELETE /api/users/{id}/sessions",
      "PATCH /api/auth/passkeys/{id}",
      "POST /api/agent/enroll",
      "POST /api/auth/login",
      "POST /api/auth/logout",
      "POST /api/auth/passkeys",
      "POST /api/auth/passkeys/login",
      "POST /api/auth/passkeys/login/options",
      "POST /api/auth/passkeys/options",
      "POST /api/auth/totp",
      "POST /api/auth/totp/confirm",
      "POST /api/auth/totp/disable",
      // It changes nothing.
      "POST /api/container-images/{id}/update-policy",
      "POST /api/notifications/read",
      "POST /api/tokens",
      "POST /api/users/{id}/change-password",
      "POST /api/webhooks/acr",
      "POST /api/webhooks/artifactory",
      "POST /api/webhooks/deploy",
      "POST /api/webhooks/deploy-image",
      "POST /api/webhooks/dockerhub",
      "POST /api/webhooks/gitea",
      "POST /api/webhooks/github",
      "POST /api/webhooks/gitlab",
      "POST /api/webhooks/harbor",
      "POST /api/webhooks/quay",
      "POST /api/webhooks/registry",
    ]);
    for (const { method, path } of guarded) {
      const filled = path.replaceAll(/\{\w+\}/g, "0199b7a4-6c1e-7cc0-9a63-3f0d9c1b2e4f");
      const body = method === "GET" || method === "DELETE" ? undefined : {};
      const answer = await viewer.request<Problem>(method, filled, body);
      expect([method, path, answer.status]).toEqual([method, path, 403]);
      expectProblem(answer.body);
    }
  });

  test("a session ends with its logout", async () => {
    const session = await system.login();
    expect((await session.request("GET", "/api/auth/me")).status).toBe(200);
    await session.post("/api/auth/logout");
    expect((await session.request("GET", "/api/auth/me")).status).toBe(401);
  });
});

describe("what needs no account", () => {
  test.each([
    ["/healthz", 200],
    ["/readyz", 200],
    ["/metrics", 401],
    ["/api/openapi.json", 200],
    ["/api/docs", 200],
    ["/", 200],
    ["/api/no-such-thing", 401],
    ["/%2e%2e/%2e%2e/etc/passwd", 200],
    ["/assets/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", 404],
  ])("%s: %i", async (path, status) => {
    const answer = await apiClient(system.url, "").request("GET", path);
    expect(answer.status).toBe(status);
    expect(String(answer.body)).not.toContain("root:");
  });

  test("the description names every endpoint with its answers", async () => {
    const { body } = await apiClient(system.url, "").request<{
      openapi: string;
      paths: Record<string, unknown>;
    }>("GET", "/api/openapi.json");
    expect(body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(["/api/container-images/{id}", "/api/deployment-plans/{id}"]),
    );
  });
});
