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

function run(args: string[], more: Record<string, unknown> = {}, answers?: string[]): Promise<Ran> {
  const all: Record<string, unknown> = { ...rest, ...more };
  const answer = (request: Request): Response => {
    const key = `${request.method} ${new URL(request.url).pathname.replace("/api/", "")}`;
    if (key in all) return Response.json(all[key]);
    return Response.json({ error: "There is no such thing.", code: "not_found" }, { status: 404 });
  };
  return runWith(args, answer, answers ? { answers } : {});
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
