import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deleteManifest, type ImageOptions, pushImage } from "../harness/images.ts";
import { type RegistryProxy, startRegistryProxy } from "../harness/registry-proxy.ts";
import type { ContainerImage, ImageDigest } from "../harness/resources.ts";
import { digestRow } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

const repository = "https://gitlab.example.com/acme/web/shop";
const [old, now] = ["0123abc", "fedcba9"];
const oci = (facts: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [`org.opencontainers.image.${name}`, value]),
  );

interface Told extends ImageDigest {
  kind: string;
  image: Record<string, string | null>;
}
interface Comparison {
  config: { field: string; from: unknown; to: unknown; hidden: boolean }[];
  layers: { shared: number; added: number; removed: number; bytes: Record<string, number> };
  size: { from: number; to: number };
  source: { compareUrl: string | null; releaseUrl: string | null };
  platform: { from: string; to: string };
}

let site: Site;
let proxy: RegistryProxy;

beforeAll(async () => {
  site = await startSite();
  proxy = await startRegistryProxy(site.registry.host);
});
afterAll(async () => {
  await proxy?.close().catch(() => undefined);
  await site?.remove();
});

async function tracked(name: string): Promise<ContainerImage> {
  const { registries } = await site.api.get<{ registries: { id: string; name: string }[] }>(
    `/api/environments/${site.environment.id}/registries`,
  );
  const known = registries.find((registry) => registry.name === proxy.host);
  const { id: registryConnectionId } = known ?? (await site.connect(proxy.host));
  const { image } = await site.api.post<{ image: ContainerImage }>(
    `/api/environments/${site.environment.id}/container-images`,
    { name, imageName: `${proxy.host}/${name}`, tagFilter: "*", registryConnectionId },
  );
  await site.api.post(`/api/container-images/${image.id}/check-updates`);
  return (await site.api.get<{ image: ContainerImage }>(`/api/container-images/${image.id}`)).image;
}

describe.each<["docker" | "oci", boolean]>([
  ["docker", false],
  ["docker", true],
  ["oci", false],
  ["oci", true],
])("an image in the format of %s, as an index: %s", (format, index) => {
  const name = `changed/${format}-${index}`;
  const push = (tag: string, options: ImageOptions) =>
    pushImage(site.registry, name, tag, {
      format,
      index,
      ...(index ? { platforms: ["linux/arm64", "linux/amd64"] } : {}),
      ...options,
    });

  test("says where it comes from, and what its next version changes", async () => {
    const one = await push("v1.0.0", {
      version: "1",
      labels: oci({ source: "git@gitlab.example.com:acme/web/shop.git", revision: old }),
      env: { MODE: "plain", GONE: "x" },
      created: "2026-01-01T00:00:00Z",
    });
    const two = await push("v1.1.0", {
      version: "1",
      labels: oci({
        source: `https://user:secret@gitlab.example.com/acme/web/shop.git`,
        revision: now,
        version: format === "oci" ? "of the base image" : "v1.1.0",
        created: "2026-02-01T00:00:00Z",
      }),
      ...(format === "oci" ? { annotations: oci({ version: "v1.1.0" }) } : {}),
      env: { MODE: "fancy" },
      user: "app",
      stopSignal: "SIGINT",
      exposedPorts: ["8080/tcp", "9090/tcp"],
      volumes: ["/data"],
      extraBytes: 10_000,
      created: "2026-02-01T00:00:00Z",
    });
    const image = await tracked(name);
    const [from, to] = [digestRow(image, one) as Told, digestRow(image, two) as Told];
    expect(to).toMatchObject({
      kind: "image",
      image: {
        source: `${repository}.git`,
        revision: now,
        version: "v1.1.0",
        created: "2026-02-01T00:00:00.000Z",
        url: null,
        documentation: null,
        licenses: null,
      },
    });
    proxy.clear();
    const compared = await site.api.get<Comparison>(
      `/api/container-images/${image.id}/compare?from=${from.id}&to=${to.id}`,
    );
    expect(proxy.lines()).toEqual([]);
    const own = compared.config.filter(({ field }) => !field.startsWith("labels."));
    expect(own.map((change) => [change.field, change.from, change.to])).toEqual([
      ["user", null, "app"],
      ["exposedPorts", ["8080/tcp"], ["8080/tcp", "9090/tcp"]],
      ["volumes", null, ["/data"]],
      ["stopSignal", null, "SIGINT"],
      ["env.GONE", "x", null],
      ["env.MODE", "plain", "fancy"],
    ]);
    expect(JSON.stringify(compared)).not.toContain("secret");
    expect(compared).toMatchObject({
      platform: { from: "linux/amd64", to: "linux/amd64" },
      layers: { shared: 2, added: 1, removed: 0 },
      size: { from: from.size, to: to.size },
      source: {
        compareUrl: `${repository}/-/compare/${old}...${now}`,
        releaseUrl: `${repository}/-/tags/v1.1.0`,
      },
    });
    const { added = 0 } = compared.layers.bytes;
    expect(added).toBeGreaterThan(9000);
    expect(added).toBeLessThan(compared.size.to);
  });
});

test("a comparison outlives the images in the registry, and the registry", async () => {
  const push = (tag: string, created: string) =>
    pushImage(site.registry, "changed/gone", tag, { version: tag, created });
  const one = await push("v1", "2026-01-01T00:00:00Z");
  const two = await push("v2", "2026-02-01T00:00:00Z");
  const image = await tracked("changed/gone");
  const path = `/api/container-images/${image.id}/compare?from=${one.digest}&to=${two.digest}`;
  for (const { digest } of [one, two]) {
    await deleteManifest(site.registry, "changed/gone", digest);
    expect((await site.api.get<Comparison>(path)).layers).toMatchObject({ shared: 1, added: 1 });
  }
  await proxy.close();
  expect((await site.api.get<Comparison>(path)).layers).toMatchObject({ shared: 1, added: 1 });
  const stranger = path.replace(one.digest, `sha256:${"0".repeat(64)}`);
  expect((await site.api.request("GET", stranger)).status).toBe(404);
});
