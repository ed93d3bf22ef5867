import { describe, expect, test } from "vitest";
import { readGithubEvent } from "./github-event.ts";
import { exactly } from "./push-event.ts";
import { concernedBy } from "./pushed-images.ts";
import { readRegistryEvents } from "./registry-event.ts";

describe("GitHub", () => {
  const published = {
    action: "published",
    package: {
      name: "Hello/App",
      namespace: "Octocat",
      package_type: "CONTAINER",
      package_version: { container_metadata: { tag: { name: "v2", digest: "sha256:1" } } },
    },
  };

  test.each(["package", "registry_package"])("%s names the image as it is pulled", (event) => {
    const body =
      event === "package"
        ? published
        : { action: "published", registry_package: published.package };
    expect(readGithubEvent(event, body)).toEqual({
      kind: "pushed",
      repositories: [exactly("ghcr.io", "octocat/hello/app", ["v2"])],
    });
  });

  test("the owner may be named by its account only, and a push may have no tag", () => {
    const body = { action: "published", package: { name: "app", owner: { login: "Octocat" } } };
    expect(readGithubEvent("package", body)).toEqual({
      kind: "pushed",
      repositories: [exactly("ghcr.io", "octocat/app", [])],
    });
  });

  test.each([
    ["ping", { zen: "…" }],
    ["push", {}],
    ["package", { ...published, action: "updated" }],
    ["package", { ...published, package: { ...published.package, package_type: "npm" } }],
  ])("%s with %j is nothing for us", (event, body) => {
    expect(readGithubEvent(event, body).kind).toBe("ignored");
  });

  test.each([
    [undefined, published],
    ["package", null],
    ["package", []],
    ["package", { action: "published" }],
    ["package", { action: "published", package: { name: 1 } }],
    ["package", { action: "published", package: { name: "app" } }],
  ])("%s with %j is malformed", (event, body) => {
    expect(readGithubEvent(event, body).kind).toBe("malformed");
  });
});

describe("registries", () => {
  const push = (repository: string, host: string, action = "push") => ({
    id: "1",
    action,
    target: { repository, url: `http://${host}/v2/${repository}/manifests/sha256:1`, tag: "v1" },
    request: { host },
  });

  test("each repository that changed, once", () => {
    const events = [
      push("team/app", "host:5000"),
      push("team/app", "HOST:5000"),
      push("other", "host:5000", "delete"),
      push("read", "host:5000", "pull"),
      push("mounted", "host:5000", "mount"),
      {
        action: "push",
        target: { repository: "layer", mediaType: "application/octet-stream" },
        request: { host: "host:5000" },
      },
    ];
    const told = (path: string, tags: string[]) => ({
      name: path,
      tags,
      places: [[{ host: "host:5000", path }], [{ host: null, path }]],
    });
    expect(readRegistryEvents({ events })).toEqual({
      kind: "pushed",
      repositories: [told("team/app", ["v1"]), told("other", ["v1"])],
    });
    expect(readRegistryEvents({ events }, ["push"])).toEqual({
      kind: "pushed",
      repositories: [told("team/app", ["v1"])],
    });
  });

  test.each([null, [], {}, { events: {} }, { events: [1] }, { events: [{ action: "push" }] }])(
    "%j is malformed",
    (body) => {
      expect(readRegistryEvents(body)).toMatchObject({
        kind: "malformed",
        message: expect.stringContaining('{"events": […]}'),
      });
    },
  );

  const image = (id: string, normalizedName: string, registryUrl: string) => ({
    id,
    environmentId: "e",
    normalizedName,
    registryUrl,
  });
  const images = [
    image("named", "host:5000/team/app", "http://host:5000"),
    image("mirrored", "docker.io/team/app", "http://host:5000"),
    image("elsewhere", "other:5000/team/app", "http://other:5000"),
    image("longer", "host:5000/big/team/app", "http://host:5000"),
    image("single", "docker.io/library/nginx", "http://other:5000"),
  ];
  const concerned = (path: string, ...hosts: string[]) => {
    const events = [
      { action: "push", target: { repository: path }, request: { host: hosts[0] ?? "" } },
    ];
    const event = readRegistryEvents({ events });
    if (event.kind !== "pushed") throw new Error(event.message);
    return event.repositories.flatMap((one) => concernedBy(one, images)).map(({ id }) => id);
  };

  test("just the images of that repository in that registry", () => {
    expect(concerned("team/app", "host:5000")).toEqual(["named", "mirrored"]);
    expect(concerned("team/app", "other:5000")).toEqual(["elsewhere"]);
  });
  test("all of that path where the registry's name is not known", () => {
    expect(concerned("team/app", "internal:80")).toEqual(["named", "mirrored", "elsewhere"]);
    expect(concerned("team/app")).toEqual(["named", "mirrored", "elsewhere"]);
  });
  test("never a part of a path", () => {
    expect(concerned("app", "host:5000")).toEqual([]);
    expect(concerned("team", "host:5000")).toEqual([]);
  });
  test("a single word may be one of Docker Hub's own", () => {
    expect(concerned("nginx", "other:5000")).toEqual(["single"]);
  });
});
