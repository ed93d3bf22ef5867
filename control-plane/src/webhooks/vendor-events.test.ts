import { describe, expect, test } from "vitest";
import type { PushVendor } from "../config.ts";
import { type ChangedRepository, exactly } from "./push-event.ts";
import { pushSources } from "./push-sources.ts";
import { concernedBy } from "./pushed-images.ts";
import { vendorPayloads } from "./vendor-payloads.fixture.ts";

type Vendor = keyof typeof vendorPayloads;

function read(vendor: PushVendor, body: unknown, headers: Record<string, string> = {}) {
  return pushSources[vendor].read(body, (name) => headers[name]);
}

/** A payload with some of its fields replaced: `{"a.b": 1}`; undefined takes one out. */
function changed(body: unknown, changes: Record<string, unknown>): unknown {
  const copy = structuredClone(body) as Record<string, unknown>;
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split(".");
    const last = keys.pop() ?? "";
    let inner = copy;
    for (const key of keys) inner = inner[key] as Record<string, unknown>;
    inner[last] = value;
  }
  return copy;
}

const push = { host: "registry.example.com", path: "team/app", tag: "v2" };
const sample = (vendor: Vendor, changes: Record<string, unknown> = {}) =>
  changed(vendorPayloads[vendor](push), changes);

describe("a push, as each vendor tells it", () => {
  test.each<[Vendor, Record<string, unknown>, ChangedRepository]>([
    ["dockerhub", {}, exactly("docker.io", "team/app", ["v2"])],
    ["dockerhub", { "push_data.tag": null }, exactly("docker.io", "team/app", [])],
    ["harbor", {}, exactly("registry.example.com", "team/app", ["v2"])],
    ["harbor", { type: "pushImage" }, exactly("registry.example.com", "team/app", ["v2"])],
    [
      "harbor",
      {
        "event_data.resources": [
          { resource_url: `h.example.com:8443/team/sub/app@sha256:${"0".repeat(64)}` },
          { resource_url: "h.example.com:8443/team/sub/app:v2", tag: "v2" },
          { resource_url: "https://h.example.com:8443/team/sub/app:v3" },
        ],
      },
      exactly("h.example.com:8443", "team/sub/app", ["v2", "v3"]),
    ],
    [
      "harbor",
      {
        type: "harbor.artifact.pushed",
        event_data: undefined,
        data: { resources: [{ resource_url: "h.example.com/team/app:v2", tag: "v2" }] },
      },
      exactly("h.example.com", "team/app", ["v2"]),
    ],
    ["quay", {}, exactly("registry.example.com", "team/app", ["v2"])],
    [
      "quay",
      { updated_tags: { latest: "b750fe79", v2: "b750fe79" } },
      exactly("registry.example.com", "team/app", ["latest", "v2"]),
    ],
    ["acr", {}, exactly("registry.example.com", "team/app", ["v2"])],
    ["acr", { "target.tag": undefined }, exactly("registry.example.com", "team/app", [])],
    ["gitea", {}, exactly("registry.example.com", "team/app", ["v2"])],
    [
      "gitea",
      { "package.owner.login": "Team" },
      exactly("registry.example.com", "team/app", ["v2"]),
    ],
    [
      "gitea",
      { "package.name": "app/worker", "package.version": "sha256:00" },
      exactly("registry.example.com", "team/app/worker", []),
    ],
    [
      "gitea",
      { "package.html_url": "" },
      { name: "team/app", tags: ["v2"], places: [[{ host: null, path: "team/app" }]] },
    ],
  ])("%s with %j", (vendor, changes, wanted) => {
    expect(read(vendor, sample(vendor, changes))).toEqual({
      kind: "pushed",
      repositories: [wanted],
    });
  });

  test("GitLab's registry sends the distribution project's envelope", () => {
    expect(read("gitlab", sample("gitlab"))).toMatchObject({
      kind: "pushed",
      repositories: [{ name: "team/app", tags: ["v2"] }],
    });
  });
});

describe("what is no push does nothing", () => {
  test.each<[PushVendor, unknown, Record<string, string>]>([
    ["harbor", sample("harbor", { type: "PULL_ARTIFACT" }), {}],
    ["harbor", sample("harbor", { type: "DELETE_ARTIFACT" }), {}],
    ["harbor", { type: "SCANNING_COMPLETED", event_data: { scan: {} } }, {}],
    ["harbor", { type: "harbor.scan.completed", data: {} }, {}],
    ["quay", sample("quay", { updated_tags: [] }), {}],
    ["quay", sample("quay", { updated_tags: undefined, build_id: "296ec063" }), {}],
    ["acr", { id: "1", action: "ping", timestamp: "2026-11-17T16:52:01Z" }, {}],
    ["acr", sample("acr", { action: "delete" }), {}],
    ["acr", sample("acr", { action: "chart_push" }), {}],
    ["acr", sample("acr", { action: "quarantine" }), {}],
    ["gitlab", { object_kind: "pipeline", project: {} }, {}],
    ["gitlab", { event_name: "project_create" }, {}],
    ["gitea", { ref: "refs/heads/main" }, { "X-Gitea-Event": "push" }],
    ["gitea", sample("gitea", { action: "deleted" }), { "X-Gitea-Event": "package" }],
    ["gitea", sample("gitea", { "package.type": "npm" }), { "X-Gitea-Event": "package" }],
    ["artifactory", sample("artifactory", { event_type: "deleted" }), {}],
    ["artifactory", sample("artifactory", { event_type: "promoted" }), {}],
    ["artifactory", { domain: "artifact", event_type: "deployed", data: {} }, {}],
  ])("%s: %j", (vendor, body, headers) => {
    const event = read(vendor, body, headers);
    expect(event).toMatchObject({ kind: "ignored", message: expect.stringMatching(/\.$/) });
  });

  test("GitLab: pulls and deletions", () => {
    const events = ["pull", "delete", "mount"].map((action) => ({
      action,
      target: { repository: "team/app" },
    }));
    expect(read("gitlab", { events })).toEqual({ kind: "pushed", repositories: [] });
  });
});

describe("what is malformed", () => {
  const vendors = Object.keys(vendorPayloads) as Vendor[];
  test.each(
    vendors.flatMap((vendor) =>
      [null, [], {}, 7, "text", { events: {} }].map((body) => [vendor, body] as const),
    ),
  )("%s: %j", (vendor, body) => {
    expect(read(vendor, body)).toMatchObject({
      kind: "malformed",
      message: expect.stringMatching(/.{5}/),
    });
  });

  test.each<[Vendor, Record<string, unknown>, string]>([
    ["dockerhub", { "repository.repo_name": 7 }, "repository.repo_name"],
    ["dockerhub", { "repository.repo_name": "team/app b" }, "repository.repo_name"],
    ["dockerhub", { "repository.repo_name": "a".repeat(600) }, "repository.repo_name"],
    ["harbor", { "event_data.resources": undefined }, "event_data.resources"],
    ["harbor", { "event_data.resources": [{ resource_url: "??" }] }, "resource_url"],
    ["quay", { docker_url: "UPPER CASE" }, "docker_url"],
    ["quay", { updated_tags: [7] }, "updated_tags"],
    ["acr", { target: undefined }, "target"],
    ["acr", { request: {} }, "request.host"],
    ["gitea", { "package.owner": null }, "package.owner"],
    ["artifactory", { "data.repo_key": "" }, "data.repo_key"],
  ])("%s with %j is told by the field", (vendor, changes, field) => {
    const event = read(vendor, sample(vendor, changes));
    expect(event).toMatchObject({ kind: "malformed", message: expect.stringContaining(field) });
  });
});

describe("which images a push concerns", () => {
  const image = (normalizedName: string, registryUrl: string) => ({
    id: normalizedName,
    environmentId: "e",
    normalizedName,
    registryUrl,
  });
  function concerned(vendor: Vendor, at: typeof push, ...names: string[]): string[] {
    const event = read(vendor, vendorPayloads[vendor](at));
    if (event.kind !== "pushed") throw new Error(event.message);
    const images = names.map((name) => image(name, `https://${name.split("/")[0]}`));
    return event.repositories.flatMap((one) => concernedBy(one, images)).map(({ id }) => id);
  }

  test.each<Vendor>(["harbor", "quay", "acr", "gitea"])(
    "%s says how it is pulled: never an image of another registry",
    (vendor) => {
      const mine = "registry.example.com/team/app";
      const others = ["docker.io/team/app", "registry.example.com:5000/team/app"];
      const near = ["registry.example.com/team/app2", "registry.example.com/x/team/app"];
      expect(concerned(vendor, push, mine, ...others, ...near)).toEqual([mine]);
      expect(concerned(vendor, push, ...others, ...near)).toEqual([]);
    },
  );

  test("Docker Hub goes by several names, and its own images are below library/", () => {
    const hub = (path: string) => ({ ...push, host: "docker.io", path });
    expect(
      concerned("dockerhub", hub("team/app"), "docker.io/team/app", "ghcr.io/team/app"),
    ).toEqual(["docker.io/team/app"]);
    expect(concerned("dockerhub", hub("nginx"), "docker.io/library/nginx")).toHaveLength(1);
    const event = read("dockerhub", vendorPayloads.dockerhub(hub("team/app")));
    if (event.kind !== "pushed") throw new Error(event.message);
    const mirrored = image("docker.io/team/app", "https://mirror.example.com");
    expect(event.repositories.flatMap((one) => concernedBy(one, [mirrored]))).toHaveLength(1);
  });

  test.each<[string, string]>([
    ["the repository in the path", "art.example.com/docker-local/team/app"],
    ["the repository in the host", "docker-local.art.example.com/team/app"],
    ["a virtual repository in the path", "art.example.com/docker/team/app"],
    ["a virtual repository in the host", "docker.art.example.com/team/app"],
    ["a port for a repository", "art.example.com:5001/team/app"],
  ])("Artifactory's image is pulled by %s", (_, name) => {
    const at = { host: "art.example.com", path: "docker-local/team/app", tag: "v2" };
    const others = ["docker.io/team/app", "other.example.com/docker-local/team/app"];
    const near = ["art.example.com/docker/x/team/app", "art.example.com/docker/app"];
    expect(concerned("artifactory", at, name, ...others, ...near)).toEqual([name]);
  });

  test("Artifactory in the cloud has the repository in the first part of the host", () => {
    const at = { host: "acme.jfrog.io", path: "docker-local/app", tag: "v2" };
    const right = "acme-docker-local.jfrog.io/app";
    expect(concerned("artifactory", at, right, "acme-other.jfrog.io/app")).toEqual([right]);
  });

  test("Artifactory's own repository comes before those that may be virtual", () => {
    const at = { host: "art.example.com", path: "docker-local/app", tag: "v2" };
    const right = "art.example.com/docker-local/app";
    expect(concerned("artifactory", at, right, "art.example.com/docker-other/app")).toEqual([
      right,
    ]);
  });
});
