import { createServer as createTcpServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RegistryCredentials } from "./authentication.ts";
import { RegistryClient } from "./client.ts";
import { describeImage } from "./describe-image.ts";
import { parseRegistryUrl } from "./endpoint.ts";
import type { Outcome, RegistryFailure } from "./outcome.ts";
import { RegistryDouble, send, sha256 } from "./registry-double.fixture.ts";
import { RegistryMemory } from "./registry-memory.ts";
import { RegistryTransport } from "./transport.ts";

let registry: RegistryDouble;
let transport: RegistryTransport;
let memory: RegistryMemory;

beforeEach(async () => {
  registry = new RegistryDouble();
  await registry.start();
  transport = new RegistryTransport();
  memory = new RegistryMemory();
});

afterEach(async () => {
  await transport.close();
  await registry.stop();
});

function clientFor(url: string, credentials: RegistryCredentials | null = null): RegistryClient {
  const parsed = parseRegistryUrl(url);
  if (!parsed.ok) throw new Error(parsed.message);
  return new RegistryClient({ endpoint: parsed.endpoint, credentials, transport, memory });
}

function client(credentials: RegistryCredentials | null = null): RegistryClient {
  return clientFor(registry.origin, credentials);
}

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.kind}: ${outcome.message}`);
  return outcome.value;
}

function failed(outcome: Outcome<unknown>): RegistryFailure {
  if (outcome.ok) throw new Error("a failure was expected");
  expect(outcome.message).toMatch(/[.]$/);
  return outcome;
}

describe("reading", () => {
  test("tags come from every page, each once", async () => {
    for (let number = 0; number < 25; number++) registry.push("team/app", `v${number}`);
    registry.pageSize = 10;
    const tags = value(await client().listTags("team/app"));
    expect(new Set(tags).size).toBe(25);
    expect(tags.length).toBe(25);
    expect(registry.requests.length).toBe(3);
  });

  test("a list that ends at what was asked for, and says nothing of the rest, is read on", async () => {
    registry.sendsLinks = false;
    const digest = registry.push("app", "v0");
    const { tags } = registry.repository("app");
    for (let number = 1; number < 2500; number++) tags.set(`v${number}`, digest);
    expect(value(await client().listTags("app"))).toHaveLength(2500);
    expect(registry.requests).toHaveLength(3);

    for (const name of ["a", "b", "c"]) registry.push(name, "latest");
    const first = value(await client().listRepositories(null, 2));
    expect(first.items).toEqual(["a", "app"]);
    const second = value(await client().listRepositories(first.next));
    expect(second.items).toEqual(["b", "c"]);
    expect(value(await client().listRepositories(second.next))).toEqual({ items: [], next: null });
  });

  test("a registry that always sends the same list is asked once more at most", async () => {
    const names = Array.from({ length: 999 }, (_, number) => `v${number}`);
    registry.push("app", "v0");
    registry.faults.push((request, response) => {
      const list = request.url?.includes("/tags/list") ? { tags: names } : null;
      const catalog = request.url?.includes("/_catalog") ? { repositories: ["a", "b"] } : null;
      if (list === null && catalog === null) return false;
      send(response, 200, list ?? catalog);
      return true;
    });
    expect(value(await client().listTags("app"))).toHaveLength(999);
    expect(registry.requests).toHaveLength(2);
    const first = value(await client().listRepositories(null, 2));
    expect(first.items).toEqual(["a", "b"]);
    expect(value(await client().listRepositories(first.next))).toEqual({ items: [], next: null });
  });

  test.each([400, 404, 501])(
    "one that answers %i for what may follow has ended",
    async (status) => {
      const digest = registry.push("app", "v0");
      const { tags } = registry.repository("app");
      for (let number = 1; number < 999; number++) tags.set(`v${number}`, digest);
      registry.faults.push((request, response) => {
        if (!request.url?.includes("last=")) return false;
        send(response, status, { errors: [{ code: "UNSUPPORTED", message: "no" }] });
        return true;
      });
      expect(value(await client().listTags("app"))).toHaveLength(999);
      expect(registry.requests).toHaveLength(2);
    },
  );

  test("one of which the rest is refused is not taken for whole", async () => {
    const digest = registry.push("app", "v0");
    const { tags } = registry.repository("app");
    for (let number = 1; number < 999; number++) tags.set(`v${number}`, digest);
    registry.faults.push((request, response) => {
      if (!request.url?.includes("last=")) return false;
      send(response, 403, { errors: [] });
      return true;
    });
    expect(failed(await client().listTags("app")).kind).toBe("forbidden");
  });

  test("a list that leads back to itself ends", async () => {
    registry.push("app", "v1");
    registry.faults.push((request, response) => {
      if (!request.url?.includes("/tags/list")) return false;
      response.setHeader("link", '</v2/app/tags/list?n=999>; rel="next"');
      send(response, 200, { tags: ["v1"] });
      return true;
    });
    expect(value(await client().listTags("app"))).toEqual(["v1"]);
  });

  test("repositories come page by page", async () => {
    for (const name of ["a", "b", "c"]) registry.push(name, "latest");
    registry.pageSize = 2;
    const first = value(await client().listRepositories(null));
    expect(first.items).toEqual(["a", "b"]);
    expect(value(await client().listRepositories(first.next))).toEqual({
      items: ["c"],
      next: null,
    });
  });

  test.each([
    "/v2/_catalog/../secret/tags/list",
    "/v2/_catalog%2f..%2fsecret",
    "/v2/secret/tags/list",
    "//127.0.0.1:1/v2/_catalog",
    "http://elsewhere.test/v2/_catalog",
  ])("a list of repositories goes on nowhere but on itself: %s", async (next) => {
    expect(failed(await client().listRepositories(next)).kind).toBe("bad_answer");
    expect(registry.requests).toEqual([]);
  });

  test("an image is described by one manifest and one config", async () => {
    const digest = registry.push("app", "v1", { created: "2026-03-01T10:00:00Z" });
    expect(value(await client().headManifest("app", "v1")).digest).toBe(digest);
    registry.takeRequests();
    const image = value(await describeImage(client(), "app", digest));
    expect(image).toMatchObject({
      manifestDigest: digest,
      created: Date.parse("2026-03-01T10:00:00Z"),
      platforms: [{ platform: "linux/amd64", manifestDigest: digest }],
    });
    expect(image.size).toBeGreaterThan(1000);
    expect(registry.requests.length).toBe(2);
  });

  test("an index is described by each platform's manifest and the preferred one's config", async () => {
    const digest = registry.push("app", "v1", {
      platforms: ["linux/arm64", "linux/amd64", "linux/arm/v7"],
    });
    const image = value(await describeImage(client(), "app", digest, "linux/arm64"));
    expect(image.platforms.map(({ platform }) => platform)).toEqual([
      "linux/arm64",
      "linux/amd64",
      "linux/arm/v7",
    ]);
    expect(image.configDigest).toBe(image.platforms[0]?.configDigest);
    expect(registry.requests.length).toBe(5);
  });

  test("an index may lack a platform, and carries attestations that are no platform", async () => {
    const arm = registry.push("app", "arm", { platforms: ["linux/arm64"] });
    const digest = registry.pushManifest("app", "application/vnd.oci.image.index.v1+json", {
      schemaVersion: 2,
      manifests: [
        { digest: sha256("gone"), size: 1, platform: { os: "linux", architecture: "amd64" } },
        { digest: arm, size: 1, platform: { os: "linux", architecture: "arm64", variant: "v8" } },
        { digest: sha256("att"), size: 1, platform: { os: "unknown", architecture: "unknown" } },
      ],
    });
    const image = value(await describeImage(client(), "app", digest));
    expect(image.platforms).toMatchObject([
      { platform: "linux/amd64", configDigest: null },
      { platform: "linux/arm64", manifestDigest: arm },
    ]);
    expect(image.configDigest).toBe(image.platforms[1]?.configDigest);
  });

  test("connections are kept, also after HEAD, and no more than sixteen", async () => {
    const digest = registry.push("app", "v1");
    const asked = client();
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        expect(value(await asked.headManifest("app", "v1")).digest).toBe(digest);
      }),
    );
    expect(registry.requests.length).toBe(200);
    expect(registry.connectionCount).toBeLessThanOrEqual(16);
  });

  test("a registry that sends no digest says so by null, and a body still has one", async () => {
    const digest = registry.push("app", "v1");
    registry.sendsDigests = false;
    expect(value(await client().headManifest("app", "v1")).digest).toBeNull();
    expect(value(await client().getManifest("app", "v1")).digest).toBe(digest);
  });

  test("a registry that refuses HEAD is asked by GET", async () => {
    const digest = registry.push("app", "v1");
    registry.faults.push((request, response) => {
      if (request.method !== "HEAD") return false;
      response.writeHead(405).end();
      return true;
    });
    expect(value(await client().headManifest("app", "v1")).digest).toBe(digest);
  });
});

describe("authentication", () => {
  const credentials = { username: "robot", password: "s3cret:with:colons" };

  test("Basic follows the challenge and is sent along from then on", async () => {
    registry.login = { kind: "basic", ...credentials };
    registry.push("app", "v1");
    const asked = client(credentials);
    value(await asked.listTags("app"));
    value(await asked.headManifest("app", "v1"));
    expect(registry.requests.map(({ authorization }) => authorization !== undefined)).toEqual([
      false,
      true,
      true,
    ]);
  });

  test("a Bearer token is fetched once for many requests, also when they start together", async () => {
    registry.login = { kind: "bearer", ...credentials, lifetimeSeconds: 300 };
    registry.push("app", "v1");
    const asked = client(credentials);
    await Promise.all(
      Array.from({ length: 20 }, async () => value(await asked.headManifest("app", "v1"))),
    );
    value(await asked.listTags("app"));
    expect(registry.requests.filter(({ url }) => url.startsWith("/token")).length).toBe(1);
  });

  test("each repository has a token of its own scope", async () => {
    registry.login = { kind: "bearer", ...credentials, lifetimeSeconds: 300 };
    registry.push("app", "v1");
    registry.push("other", "v1");
    const asked = client(credentials);
    value(await asked.listTags("app"));
    value(await asked.listTags("other"));
    value(await asked.listRepositories(null));
    expect(value(await asked.ping())).toBeNull();
    const scopes = registry.requests
      .filter(({ url }) => url.startsWith("/token"))
      .map(({ url }) => new URL(url, registry.origin).searchParams.get("scope"));
    expect(scopes).toEqual([
      "repository:app:pull",
      "repository:other:pull",
      "registry:catalog:*",
      null,
    ]);
  });

  test("a token that ran out or was revoked is replaced without anybody noticing", async () => {
    registry.login = { kind: "bearer", ...credentials, lifetimeSeconds: 300 };
    registry.push("app", "v1");
    const asked = client(credentials);
    value(await asked.listTags("app"));
    registry.revokeTokens();
    value(await asked.listTags("app"));
  });

  test("a public registry gives tokens without a login", async () => {
    registry.login = { kind: "bearer", username: null, password: "", lifetimeSeconds: 300 };
    registry.push("app", "v1");
    expect(value(await client().listTags("app"))).toEqual(["v1"]);
  });

  test.each(["basic", "bearer"] as const)("wrong and missing credentials: %s", async (kind) => {
    registry.login = { kind, ...credentials, lifetimeSeconds: 300 };
    registry.push("app", "v1");
    const wrong = failed(await client({ username: "robot", password: "wrong" }).listTags("app"));
    expect(wrong.kind).toBe("unauthorized");
    expect(wrong.message).not.toContain("wrong");
    expect(failed(await client().listTags("app")).kind).toBe("unauthorized");
    expect(value(await client(credentials).listTags("app"))).toEqual(["v1"]);
  });

  test("a 401 without a challenge is not a registry's", async () => {
    registry.faults.push((_request, response) => {
      response.writeHead(401).end();
      return true;
    });
    expect(failed(await client(credentials).listTags("app")).kind).toBe("bad_answer");
  });

  test("credentials are not handed to a token service that is reached in the clear", async () => {
    registry.faults.push((_request, response) => {
      response.setHeader("www-authenticate", 'Bearer realm="http://evil.example.com/token"');
      send(response, 401, {});
      return true;
    });
    const refused = failed(await client(credentials).listTags("app"));
    expect(refused.message).toContain("evil.example.com");
  });

  test("a redirect to another host goes without credentials", async () => {
    const storage = new RegistryDouble();
    await storage.start();
    try {
      registry.login = { kind: "basic", ...credentials };
      const digest = registry.push("app", "v1");
      storage.push("app", "v1");
      registry.faults.push((request, response) => {
        if (!request.url?.includes("/blobs/")) return false;
        response.writeHead(307, { location: `${storage.origin}${request.url}` }).end();
        return true;
      });
      value(await describeImage(client(credentials), "app", digest));
      expect(storage.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
    } finally {
      await storage.stop();
    }
  });

  test("redirects in circles and to nowhere end", async () => {
    let location = "/v2/elsewhere";
    registry.faults.push((_request, response) => {
      response.writeHead(302, { location }).end();
      return true;
    });
    expect(failed(await client().listTags("app")).kind).toBe("bad_answer");
    location = "ftp://example.com/";
    expect(failed(await client().listTags("app")).kind).toBe("bad_answer");
  });
});

describe("bad answers", () => {
  function answersWith(
    status: number,
    body: string | Buffer,
    headers: Record<string, string> = {},
  ) {
    registry.faults.push((_request, response) => {
      response.writeHead(status, headers).end(body);
      return true;
    });
  }

  test("what does not exist", async () => {
    registry.push("app", "v1");
    expect(failed(await client().listTags("nothing")).kind).toBe("not_found");
    expect(failed(await client().headManifest("app", "v9")).kind).toBe("not_found");
  });

  test.each([
    ["a web page", 200, "<!doctype html><p>hi", { "content-type": "text/html" }, "bad_answer"],
    ["a web page as 404", 404, "<html>", { "content-type": "text/html" }, "bad_answer"],
    ["truncated JSON", 200, '{"tags":["v1"', {}, "bad_answer"],
    ["another shape", 200, '{"tags":{"v1":1}}', {}, "bad_answer"],
    ["nothing", 200, "", {}, "bad_answer"],
    ["403", 403, "{}", {}, "forbidden"],
    ["500", 500, "{}", {}, "bad_answer"],
    ["an odd status", 418, "{}", {}, "bad_answer"],
  ])("%s", async (_name, status, body, headers, kind) => {
    answersWith(status, body, headers as Record<string, string>);
    expect(failed(await client().listTags("app")).kind).toBe(kind);
  });

  test("no tags at all is an answer", async () => {
    answersWith(200, '{"name":"app","tags":null}');
    expect(value(await client().listTags("app"))).toEqual([]);
  });

  test("a body without end is cut off", async () => {
    registry.faults.push((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = () => {
        while (response.write(Buffer.alloc(1 << 20, 32)));
      };
      response.on("drain", more);
      more();
      return true;
    });
    const refused = failed(await client().getConfig("app", sha256("x")));
    expect(refused).toMatchObject({ kind: "too_large" });
  });

  test("a body that does not have its digest is not used", async () => {
    const digest = registry.push("app", "v1");
    const other = registry.push("app", "v2");
    const manifests = registry.repository("app").manifests;
    const lie = manifests.get(other);
    if (lie === undefined) throw new Error("it was pushed");
    manifests.set(digest, lie);
    const refused = failed(await client().getManifest("app", digest));
    expect(refused.kind).toBe("bad_answer");
    expect(refused.message).toContain(digest);
    expect(failed(await client().getManifest("app", "v1")).kind).toBe("bad_answer");
  });

  test.each([
    ["an unknown media type", "not_an_image", "application/vnd.example+json", { schemaVersion: 2 }],
    [
      "schema 1",
      "unsupported",
      "application/vnd.docker.distribution.manifest.v1+prettyjws",
      { schemaVersion: 1, fsLayers: [] },
    ],
    [
      "a chart",
      "not_an_image",
      "application/vnd.oci.image.manifest.v1+json",
      {
        schemaVersion: 2,
        config: {
          mediaType: "application/vnd.cncf.helm.config.v1+json",
          digest: sha256("c"),
          size: 1,
        },
        layers: [],
      },
    ],
  ])("%s is not something to deploy", async (_name, kind, mediaType, manifest) => {
    const digest = registry.pushManifest("app", mediaType, manifest);
    expect(failed(await describeImage(client(), "app", digest)).kind).toBe(kind);
  });

  test("a damaged manifest", async () => {
    const digest = registry.pushManifest("app", "application/vnd.oci.image.manifest.v1+json", {
      schemaVersion: 2,
      config: { digest: "sha256:short", size: -1 },
    });
    expect(failed(await describeImage(client(), "app", digest)).kind).toBe("bad_answer");
  });
});

describe("bad days", () => {
  test("a 5xx that passes is repeated", async () => {
    registry.push("app", "v1");
    let left = 2;
    registry.faults.push((_request, response) => {
      if (left-- <= 0) return false;
      response.writeHead(502).end();
      return true;
    });
    expect(value(await client().listTags("app"))).toEqual(["v1"]);
  });

  test("a connection that breaks is made again", async () => {
    registry.push("app", "v1");
    let left = 1;
    registry.faults.push((request) => {
      if (left-- <= 0) return false;
      request.socket.destroy();
      return true;
    });
    expect(value(await client().listTags("app"))).toEqual(["v1"]);
  });

  test("a registry that never answers is given up", async () => {
    await transport.close();
    transport = new RegistryTransport({ idleTimeoutMs: 400 });
    registry.faults.push(() => true);
    const refused = failed(await client().listTags("app"));
    expect(refused).toMatchObject({ kind: "unreachable", status: null });
    expect(refused.message).toContain("did not answer in time");
  });

  test("a body that drips is given up", async () => {
    await transport.close();
    transport = new RegistryTransport({ exchangeTimeoutMs: 500 });
    registry.faults.push((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(" "), 50);
      response.on("close", () => clearInterval(drip));
      return true;
    });
    expect(failed(await client().listTags("app")).message).toContain("took too long");
  });

  test("a registry that is gone", async () => {
    const origin = registry.origin;
    await registry.stop();
    const refused = failed(await clientFor(origin).listTags("app"));
    expect(refused.kind).toBe("unreachable");
    expect(refused.message).toContain("Nothing listens");
  });

  test("https to a port that speaks http says what to write", async () => {
    const refused = failed(await clientFor(`https://127.0.0.1:${registry.port}`).ping());
    expect(refused.message).toContain("http://");
  });

  test("a port that speaks something else", async () => {
    const server = createTcpServer((socket) => {
      socket.on("error", () => {}).resume();
      socket.end("220 mail.example.com ESMTP\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("it listens");
    const refused = failed(await clientFor(`http://127.0.0.1:${address.port}`).ping());
    expect(refused.kind).toBe("unreachable");
    await new Promise((resolve) => server.close(resolve));
  });

  test("a pause that a registry orders is kept by all requests to it", async () => {
    registry.push("app", "v1");
    let now = Date.now();
    const waits: number[] = [];
    await transport.close();
    transport = new RegistryTransport({
      clock: () => now,
      random: () => 0,
      delay: async (ms) => {
        waits.push(ms);
        now += ms;
      },
    });
    let left = 1;
    registry.faults.push((_request, response) => {
      if (left-- <= 0) return false;
      response.writeHead(429, { "retry-after": "7", "ratelimit-remaining": "3;w=21600" }).end();
      return true;
    });
    expect(value(await client().listTags("app"))).toEqual(["v1"]);
    expect(waits).toEqual([7000]);
    expect(transport.budget(registry.domain)).toMatchObject({ remaining: 3, windowSeconds: 21600 });
  });

  test("a pause longer than patience is told at once, with the moment to come back", async () => {
    registry.faults.push((_request, response) => {
      response.writeHead(429, { "retry-after": "600" }).end();
      return true;
    });
    const refused = failed(await client().listTags("app"));
    expect(refused.kind).toBe("rate_limited");
    expect(refused.retryAt).toBeGreaterThan(Date.now() + 500_000);
    registry.takeRequests();
    expect(failed(await client().headManifest("app", "v1")).kind).toBe("rate_limited");
    expect(registry.requests.length).toBe(0);
  });

  test("a registry that always says later is not asked forever", async () => {
    await transport.close();
    transport = new RegistryTransport({ delay: async () => {}, clock: tick() });
    registry.faults.push((_request, response) => {
      response.writeHead(429, { "retry-after": "0" }).end();
      return true;
    });
    expect(failed(await client().listTags("app")).kind).toBe("rate_limited");
    expect(registry.requests.length).toBeLessThanOrEqual(6);
  });
});

/** A clock that goes on by 50 ms whenever it is read. */
function tick(): () => number {
  let now = 1_000_000;
  return () => {
    now += 50;
    return now;
  };
}
