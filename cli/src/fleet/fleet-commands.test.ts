import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { type Ran, runWith } from "../io.fixture.ts";

const hook = (name: string, more = {}) => ({
  ...{ id: `hook-${name}`, name, kind: "slack", url: "https://hooks.example.com/secret" },
  ...{ hasSecret: false, events: ["deployment.failed"], environmentIds: null, enabled: true },
  ...more,
});
const rest = {
  "GET settings/system": { settings: { registryMaxTags: 50, retentionDays: 365, brandNew: true } },
  "GET environments": { environments: [{ id: "e", name: "production" }], total: 1 },
  "GET environments/e/settings/operations": {
    settings: { autoPruneImages: false, pruneImagesMode: "dangling", brandNew: true },
  },
  "GET environments/e/signature-rule": { rule: null },
  "GET environments/e/registries": { registries: [], total: 0 },
  "GET environments/e/container-images": {
    images: [
      { id: "i", name: "web", imageName: "shop/web", tagFilter: "latest", autoUpdate: false },
    ],
    total: 1,
  },
  "GET container-images/i/update-policy": {
    policy: {
      ...{ minimumAgeMinutes: 5, windows: [], timeZone: "UTC", kinds: ["patch"], brandNew: true },
      ...{ snoozedUntil: null, pinned: false, reason: null },
    },
  },
  "GET container-images/i/signature-rule": { rule: null },
  "GET environments/e/servers": { servers: [{ id: "s", name: "one", tags: [] }], total: 1 },
  "GET environments/e/services": { services: [], total: 0 },
  "GET environments/e/dependency-graph": { nodes: [], edges: [], deploymentOrder: [] },
  "GET admin/webhooks": { webhooks: [hook("constructor")], total: 1 },
  "GET users": { users: [], total: 0 },
  "GET auth/me": { user: { email: "ada@example.com", role: "admin", roles: [] } },
};

function run(
  args: string[],
  more: Record<string, unknown> = {},
  answers?: string[],
  env?: Record<string, string>,
  stdin?: string,
): Promise<Ran> {
  const all: Record<string, unknown> = { ...rest, ...more };
  const answer = (request: Request): Response => {
    const key = `${request.method} ${new URL(request.url).pathname.replace("/api/", "")}`;
    const found = all[key];
    if (typeof found === "function") return found();
    if (found !== undefined) return Response.json(found);
    return Response.json({ error: "There is no such thing.", code: "not_found" }, { status: 404 });
  };
  return runWith(args, answer, {
    ...(answers ? { answers } : {}),
    ...(env ? { env } : {}),
    ...(stdin === undefined ? {} : { stdin }),
  });
}

it("exports what it knows of a newer control plane, in each form without secrets", async () => {
  const yaml = await run(["export"]);
  expect(yaml).toMatchObject({ code: 0, err: "" });
  const json = await run(["export", "--json"]);
  expect(JSON.parse(json.out)).toEqual(parse(yaml.out));
  expect(json.out).not.toContain("hooks.example.com");
  expect(JSON.parse(json.out).environments.production.images["shop/web"].updatePolicy).toEqual({
    minimumAgeMinutes: 5,
    kinds: ["patch"],
  });
});

it("says what of a newer control plane it cannot say", async () => {
  const newer = { webhooks: [hook("chat", { kind: "pigeon" })], total: 1 };
  const { code, err } = await run(["export"], { "GET admin/webhooks": newer });
  expect(code).toBe(1);
  expect(err).toContain("something that this program does not know");
  expect(err).toContain("webhooks.chat.kind: ");
});

it("says what is deleted before it is, and takes what is gone already for done", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bridgeport-fleet-"));
  try {
    const file = join(folder, "fleet.yaml");
    writeFileSync(file, "version: 1\nenvironments: { production: { images: {}, servers: {} } }\n");
    const apply = ["apply", "-f", file, "--prune"];
    const no = await run(apply, {}, ["n"]);
    expect(no.code).toBe(1);
    expect(no.asked).toEqual(["Apply this, which deletes 1 image, 1 server? [y/N] "]);
    const gone = await run([...apply, "--yes"]);
    expect(gone).toMatchObject({ code: 0, err: "" });
    expect(gone.requests.filter(({ method }) => method === "DELETE")).toHaveLength(2);
    expect(gone.out).toContain("Applied 2 changes.");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const hooks = {
  before: [
    {
      ...{ name: "window", url: "https://a.test/may-we", method: "POST", body: null },
      ...{ headers: { Authorization: "***", "X-Team": "***" }, timeoutMs: 10_000 },
    },
  ],
  after: [
    {
      ...{ name: "tell", url: "https://b.test/?key=s3cret", method: "PUT", body: "done" },
      ...{ headers: {}, timeoutMs: 30_000 },
    },
  ],
};

/** What is put where a file with hooks is applied, which `change` makes of what was exported. */
async function applied(change: (text: string) => string, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "bridgeport-fleet-"));
  const more = { "GET container-images/i/hooks": { hooks }, "PUT container-images/i/hooks": {} };
  try {
    const file = join(folder, "fleet.yaml");
    const { out } = await run(["export"], more);
    expect(out).not.toContain("s3cret");
    writeFileSync(file, change(out));
    const {
      code,
      err,
      requests,
      out: said,
    } = await run(["apply", "-f", file, "--yes"], more, [], env);
    const put = requests.filter(({ method }) => method === "PUT");
    return { code, err, said, bodies: await Promise.all(put.map((request) => request.json())) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it("changes nothing where what was exported is applied, hooks and all", async () => {
  const { code, said, bodies } = await applied((text) => text);
  expect([code, said, bodies]).toEqual([0, "There is nothing to change.\n", []]);
});

it("keeps what is stored of a hook beside what the file changes", async () => {
  const { bodies, said } = await applied((text) =>
    text.replace("timeoutMs: 30000", "timeoutMs: 20000"),
  );
  expect(said).toContain('hooks.after["tell"].timeoutMs: 30000 → 20000\n');
  expect(bodies).toEqual([{ ...hooks, after: [{ ...hooks.after[0], timeoutMs: 20_000 }] }]);
});

it("sends the secrets of a hook to its new address only when they are there", async () => {
  const move = (text: string) => text.replace("https://a.test", "https://c.test");
  const missing = await applied(move);
  expect([missing.code, missing.bodies]).toEqual([1, []]);
  expect(missing.err).toContain("the variable PRODUCTION_SHOP_WEB_WINDOW_AUTHORIZATION is not set");
  const env = {
    PRODUCTION_SHOP_WEB_WINDOW_AUTHORIZATION: "Bearer x",
    PRODUCTION_SHOP_WEB_WINDOW_X_TEAM: "shop",
  };
  const { bodies } = await applied(move, env);
  const headers = { Authorization: "Bearer x", "X-Team": "shop" };
  expect(bodies).toEqual([
    { ...hooks, before: [{ ...hooks.before[0], url: "https://c.test/may-we", headers }] },
  ]);
});

it("takes the hooks away that the file does not have", async () => {
  const { bodies } = await applied((text) => text.replace(/ +hooks:\n(?: {10,}.*\n)+/, ""));
  expect(bodies).toEqual([{ before: [], after: [] }]);
});

it("leaves out the hooks that this user may not read, and refuses a file that has some", async () => {
  const no = () =>
    Response.json({ error: "Needs an operator.", code: "forbidden" }, { status: 403 });
  const more = { "GET container-images/i/hooks": no };
  const exported = await run(["export"], more);
  expect(exported).toMatchObject({
    code: 0,
    err: "Left out: the hooks of images in production, which only operators may read.\n",
  });
  const file = (text: string) => run(["diff", "-f", "-"], more, [], {}, text);
  expect((await file(exported.out)).out).toBe("There is nothing to change.\n");
  const hook = "hooks: { after: [{ name: tell, url: https://b.test }] }";
  const refused = await file(
    `version: 1\nenvironments: { production: { images: { shop/web: { ${hook} } } } }\n`,
  );
  expect(refused.code).toBe(4);
  expect(refused.err).toContain("hooks of images in production, which only operators may read");
});

it("does not tell an earlier control plane of a rollout that it does not have", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bridgeport-fleet-"));
  const more = { "PATCH container-images/i/update-policy": {} };
  const patched = async (policy: string) => {
    const file = join(folder, "fleet.yaml");
    const image = `shop/web: { updatePolicy: ${policy} }`;
    writeFileSync(file, `version: 1\nenvironments: { production: { images: { ${image} } } }\n`);
    const { requests } = await run(["apply", "-f", file, "--yes"], more);
    return requests.find(({ method }) => method === "PATCH")?.json();
  };
  try {
    expect(await patched("{ minimumAgeMinutes: 6 }")).not.toHaveProperty("rollout");
    expect(await patched("{ rollout: { batch: 1 } }")).toMatchObject({
      rollout: {
        batch: 1,
        maxUnavailable: null,
        soakMs: 0,
        pauseAfter: null,
        onFailure: "rollback",
        analysis: null,
      },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
