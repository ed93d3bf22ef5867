import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClientWorld, value } from "./client.fixture.ts";
import { describeImage } from "./describe-image.ts";
import { noFacts } from "./image-facts.ts";
import { readImage } from "./read-image.ts";
import { type PushOptions, type RegistryDouble, sha256, types } from "./registry-double.fixture.ts";

const world = new ClientWorld();
let registry: RegistryDouble;
beforeAll(async () => {
  registry = await world.double();
});
afterAll(() => world.close());

const oci = (name: string, text: unknown) => ({ [`org.opencontainers.image.${name}`]: text });
let pushed = 0;
const push = (options: PushOptions) => registry.push("app", `t${pushed++}`, options);
const describe_ = async (digest: string, platform?: string) =>
  value(await describeImage(world.client(registry.origin), "app", digest, platform));
const read = async (digest: string, platform = "linux/amd64") =>
  value(await readImage(world.client(registry.origin), "app", digest, platform));

describe("what an image says of itself", () => {
  test("is kept with its digest, for no more requests than without it", async () => {
    const digest = push({
      settings: {
        Env: ["A=1", 2],
        Cmd: ["run"],
        Entrypoint: [],
        User: "",
        WorkingDir: "/srv",
        ExposedPorts: { "81/tcp": {}, "80/tcp": {} },
        Volumes: null,
        Healthcheck: { Test: ["CMD", "true"] },
        StopSignal: "SIGINT",
        Labels: { ...oci("source", "https://github.com/acme/shop"), n: 1, from: "https://u:p@h/x" },
      },
      annotations: oci("version", "1.2.3"),
      layers: { base: 500, app: 70 },
    });
    registry.takeRequests();
    const { facts, content, size } = await describe_(digest);
    expect(registry.takeRequests().length).toBe(2);
    expect(facts).toEqual({ ...noFacts, source: "https://github.com/acme/shop", version: "1.2.3" });
    expect(content).toEqual({
      platform: "linux/amd64",
      size,
      layers: [
        { digest: sha256("base"), size: 500 },
        { digest: sha256("app"), size: 70 },
      ],
      settings: {
        env: ["A=1"],
        entrypoint: null,
        cmd: ["run"],
        user: null,
        workdir: "/srv",
        exposedPorts: ["80/tcp", "81/tcp"],
        volumes: [],
        healthcheck: { Test: ["CMD", "true"] },
        stopSignal: "SIGINT",
        labels: {
          "org.opencontainers.image.source": "https://github.com/acme/shop",
          from: "https://h/x",
        },
      },
    });
    expect(await read(digest)).toEqual({ facts, content });
  });

  test("is that of the preferred platform, with what its index says", async () => {
    const digest = push({
      platforms: ["linux/arm64", "linux/amd64", "linux/arm/v7"],
      indexAnnotations: { ...oci("version", "index"), ...oci("licenses", "MIT") },
      annotations: oci("version", "manifest"),
    });
    registry.takeRequests();
    for (const [wanted, platform] of [
      ["linux/arm/v7", "linux/arm/v7"],
      ["linux/arm64", "linux/arm64"],
      ["linux/s390x", "linux/amd64"],
    ]) {
      const { facts, content, size } = await describe_(digest, wanted);
      expect(registry.takeRequests().length).toBe(5);
      expect(facts).toMatchObject({ version: "manifest", licenses: "MIT" });
      expect(content).toMatchObject({ platform, size });
      expect(await read(digest, wanted)).toEqual({ facts, content });
      expect(registry.takeRequests().length).toBe(3);
    }
  });

  test("may be said by the index's entry", async () => {
    const image = push({});
    const digest = registry.pushManifest("app", types.index, {
      schemaVersion: 2,
      mediaType: types.index,
      annotations: oci("version", "index"),
      manifests: [
        {
          digest: image,
          size: 1,
          platform: { os: "linux", architecture: "amd64" },
          annotations: { ...oci("version", "entry"), ...oci("revision", 7) },
        },
      ],
    });
    expect((await describe_(digest)).facts).toEqual({ ...noFacts, version: "entry" });
    expect((await read(digest)).facts).toEqual({ ...noFacts, version: "entry" });
  });

  test("may be nothing, or odd, and the image is one all the same", async () => {
    for (const odd of [{}, null, "text", ["a"], 7]) {
      const options = { annotations: odd, settings: { Labels: odd, Env: odd, Volumes: odd } };
      const digest = push({ ...options, content: JSON.stringify(odd) } as PushOptions);
      expect((await describe_(digest)).facts).toEqual(noFacts);
    }
  });

  test("is not kept where it is large", async () => {
    const settings = { Labels: { ...oci("version", "1"), large: "x".repeat(200_000) } };
    const digest = push({ settings });
    expect(await describe_(digest)).toMatchObject({ facts: { version: "1" }, content: null });
    expect((await read(digest)).content.settings.labels.large?.length).toBe(200_000);
  });
});

test("of an index with hundreds of platforms the preferred one speaks", async () => {
  const entries = Array.from({ length: 200 }, (_, number) => ({
    digest: push({ platforms: [`linux/a${number}`], annotations: oci("version", `${number}`) }),
    size: 1,
    platform: { os: "linux", architecture: `a${number}` },
  }));
  const digest = registry.pushManifest("app", types.index, {
    schemaVersion: 2,
    manifests: entries,
  });
  expect((await describe_(digest)).facts.version).toBe("0");
  expect((await describe_(digest, "linux/a123")).facts.version).toBe("123");
});
