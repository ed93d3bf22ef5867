import type { FailureCode } from "@bridgeport/proto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type ImageOptions, type PushedImage, pushImage } from "../../../../test/harness/images.ts";
import { type RegistryProxy, startRegistryProxy } from "../../../../test/harness/registry-proxy.ts";
import { digestOf } from "../../../../test/harness/tar.ts";
import { openTestbed, type Testbed } from "../../../test/real-engine.ts";
import { CommandFailure } from "../../command.ts";
import { pullImage } from "./pull.ts";

let bed: Testbed;
let proxy: RegistryProxy;
let count = 0;

beforeAll(async () => {
  bed = await openTestbed();
});
afterAll(async () => await bed.close());
beforeEach(async () => {
  proxy = await startRegistryProxy(bed.registry);
});
afterEach(async () => await proxy.close());

/** An image of its own, so that the engine has nothing of it but the layer that all images share. */
async function pushed(options: ImageOptions = {}): Promise<PushedImage> {
  count += 1;
  const version = `${bed.prefix}-${count}`;
  return await pushImage({ host: bed.registry }, `${bed.prefix}/pulled${count}`, "v1", {
    version,
    ...options,
  });
}

/** What pulling it fails with, as `code: message`, so that a test that fails shows both. */
async function failureOf(name: string, digest: string): Promise<string> {
  const request = { reference: `${name}:v1@${digest}`, platform: null, credentials: null };
  const signal = new AbortController().signal;
  const context = { signal, deadlineAt: null, progress: () => undefined };
  try {
    await pullImage(bed.engine, request, context);
    return "none";
  } catch (thrown) {
    if (!(thrown instanceof CommandFailure)) throw thrown;
    return `${thrown.code}: ${thrown.message}`;
  }
}

/** What a pull from a registry that `spoil` has spoilt fails with. */
async function failureWhere(
  spoil: (image: PushedImage) => string | undefined,
  options?: ImageOptions,
): Promise<string> {
  const image = await pushed(options);
  const digest = spoil(image) ?? image.digest;
  return await failureOf(`${proxy.host}/${image.repository}`, digest);
}

const error = (code: string) => ({
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll("_", " ") }] }),
});
/** The layer that is the image's own. */
const layerOf = ({ blobs }: PushedImage) => blobs[1] ?? expect.unreachable("it has two layers");

function serve(mediaType: string, body: string): string {
  const digest = digestOf(Buffer.from(body));
  const headers = {
    "content-type": mediaType,
    "docker-content-digest": digest,
    "content-length": String(Buffer.byteLength(body)),
  };
  proxy.rule({ path: digest }, { status: 200, headers, body });
  return digest;
}

const code = (wanted: FailureCode) => new RegExp(`^${wanted}: `);

const dockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

test("an image that nothing is wrong with is pulled", async () => {
  expect(await failureWhere(() => undefined)).toBe("none");
});

test("a registry that cannot be reached is unavailable", async () => {
  const { digest, repository } = await pushed();
  expect(await failureOf(`127.0.0.1:1/${repository}`, digest)).toMatch(
    code("registry_unavailable"),
  );
  expect(await failureOf(`registry.invalid/${repository}`, digest)).toMatch(
    code("registry_unavailable"),
  );
});

test.each([
  ["/v2/", 500],
  ["/manifests/", 502],
  ["/manifests/", 429],
  ["/blobs/", 503],
  ["/blobs/", 429],
])("a registry that answers %s with %i is unavailable", async (path, status) => {
  proxy.rule({ path }, { status, ...error(status === 429 ? "TOOMANYREQUESTS" : "UNKNOWN") });
  expect(await failureWhere(() => undefined)).toMatch(code("registry_unavailable"));
});

test("a registry that ends every connection is unavailable", async () => {
  proxy.rule({ path: "/manifests/" }, "drop");
  expect(await failureWhere(() => undefined)).toMatch(code("registry_unavailable"));
});

test.each([
  ["is down", "http://127.0.0.1:1/token"],
  ["has a problem", "/token"],
])("a registry whose token service %s is unavailable", async (_, realm) => {
  const url = realm.startsWith("/") ? proxy.url + realm : realm;
  const challenge = `Bearer realm="${url}",service="test"`;
  const { headers, body } = error("UNAUTHORIZED");
  const answer = { headers: { ...headers, "www-authenticate": challenge }, body };
  proxy.rule({ path: "/v2/" }, { status: 401, ...answer });
  proxy.rule({ path: "/token" }, { status: 503 });
  expect(await failureWhere(() => undefined)).toMatch(code("registry_unavailable"));
});

test("a registry that wants a login is no other failure", async () => {
  const { headers, body } = error("UNAUTHORIZED");
  const answer = { headers: { ...headers, "www-authenticate": 'Basic realm="test"' }, body };
  const restore = proxy.rule({ path: "/v2/" }, { status: 401, ...answer });
  expect(await failureWhere(() => undefined)).toMatch(code("unauthorized"));
  restore();
  proxy.rule({ path: "/manifests/" }, { status: 403, ...error("DENIED") });
  expect(await failureWhere(() => undefined)).toMatch(code("unauthorized"));
});

test("a repository that the registry does not show says nothing of the digest", async () => {
  proxy.rule({ path: "/manifests/" }, { status: 404, ...error("NAME_UNKNOWN") });
  expect(await failureWhere(() => undefined)).toMatch(code("not_found"));
});

test("an image for other machines has no platform", async () => {
  const platforms = ["linux/s390x", "windows/amd64"];
  expect(await failureWhere(() => undefined, { platforms })).toMatch(code("no_platform"));
});

test.each<[string, (image: PushedImage) => string | undefined]>([
  ["that the registry does not have", () => `sha256:${"0".repeat(64)}`],
  [
    "without one of its layers",
    (image) => {
      proxy.rule({ path: layerOf(image).digest }, { status: 404, ...error("BLOB_UNKNOWN") });
      return undefined;
    },
  ],
  [
    "with a layer that is not what its digest says",
    (image) => {
      const { digest, data } = layerOf(image);
      const headers = { "content-length": String(data.length) };
      proxy.rule({ path: digest }, { status: 200, headers, body: "x".repeat(data.length) });
      return undefined;
    },
  ],
  [
    "with a layer that is no archive",
    ({ platforms: [platform], blobs: [base] }) => {
      const body = "This is a text, and no archive at all.";
      const mediaType = "application/vnd.docker.image.rootfs.diff.tar.gzip";
      const blobs = [platform?.config, base].map((blob) => ({
        mediaType: blob?.mediaType,
        digest: blob?.digest,
        size: blob?.data.length,
      }));
      const [config, first] = blobs;
      const text = { mediaType, digest: serve(mediaType, body), size: body.length };
      const manifest = { schemaVersion: 2, mediaType: dockerManifest, config };
      return serve(dockerManifest, JSON.stringify({ ...manifest, layers: [first, text] }));
    },
  ],
  [
    "of a kind that no engine knows",
    () => {
      const mediaType = "application/vnd.example.thing+json";
      return serve(mediaType, JSON.stringify({ schemaVersion: 2, mediaType }));
    },
  ],
])("an image %s is unusable", async (_, spoil) => {
  expect(await failureWhere(spoil)).toMatch(code("image_unusable"));
});
