import { Pool } from "undici";
import { type BuiltImage, buildImage, type Content, type ImageOptions } from "./image-build.ts";

export {
  type BuiltImage,
  buildImage,
  type Content,
  type ImageOptions,
  type PlatformImage,
} from "./image-build.ts";

/** Where and as whom to push: `host` is `127.0.0.1:port`. */
export interface PushTarget {
  host: string;
  credentials?: { username: string; password: string };
}

/** An image in a registry. */
export interface PushedImage extends BuiltImage {
  /** Without tag and digest: `127.0.0.1:5000/team/app`. */
  name: string;
  repository: string;
  tags: string[];
  /** By its first tag. */
  reference: string;
}

/** Builds an image and puts it into a registry over plain HTTP, under each tag. */
export async function pushImage(
  target: PushTarget,
  repository: string,
  tags: string | string[],
  options: ImageOptions | BuiltImage = {},
): Promise<PushedImage> {
  const built = "manifests" in options ? options : buildImage(options);
  const list = [tags].flat();
  const client = pushClient(target, repository);
  try {
    await Promise.all(built.blobs.map((blob) => client.putBlob(blob)));
    for (const manifest of built.manifests) await client.putManifest(manifest, manifest.digest);
    const top = built.manifests.at(-1);
    for (const tag of list) if (top) await client.putManifest(top, tag);
  } finally {
    await client.close();
  }
  const name = `${target.host}/${repository}`;
  return { ...built, name, repository, tags: list, reference: `${name}:${list[0]}` };
}

/** Makes a tag point to what another tag or digest points to, as a push would. */
export async function pushTag(target: PushTarget, image: PushedImage, tag: string): Promise<void> {
  const top = image.manifests.at(-1);
  if (!top) throw new Error("An image without a manifest cannot be tagged.");
  const client = pushClient(target, image.repository);
  try {
    await client.putManifest(top, tag);
  } finally {
    await client.close();
  }
}

/** Puts any bytes as a manifest: for media types and contents that no tool would push. */
export async function pushManifest(
  target: PushTarget,
  repository: string,
  tag: string,
  manifest: Content,
): Promise<void> {
  const client = pushClient(target, repository);
  try {
    await client.putManifest(manifest, tag);
  } finally {
    await client.close();
  }
}

/** Deletes a manifest, and with it every tag that points to it. The registry must allow it. */
export async function deleteManifest(
  target: PushTarget,
  repository: string,
  digest: string,
): Promise<void> {
  const client = pushClient(target, repository);
  try {
    await client.send("DELETE", `/manifests/${digest}`, [202]);
  } finally {
    await client.close();
  }
}

/** Where a blob was put before: from there a registry takes it over without sending it again. */
const places = new Map<string, string>();
/** Blobs on their way: a registry may fail where one is uploaded twice at the same moment. */
const uploads = new Map<string, Promise<void>>();

function pushClient({ host, credentials }: PushTarget, repository: string) {
  const pool = new Pool(`http://${host}`, { connections: 8 });
  const authorization = credentials
    ? `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`
    : undefined;

  const send = async (
    method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE",
    path: string,
    expected: number[],
    body?: Buffer,
    type?: string,
  ) => {
    const answer = await pool.request({
      method,
      path: path.startsWith("/v2/") ? path : `/v2/${repository}${path}`,
      headers: {
        ...(authorization ? { authorization } : {}),
        ...(type ? { "content-type": type } : {}),
      },
      body: body ?? null,
    });
    const text = await answer.body.text();
    if (!expected.includes(answer.statusCode)) {
      throw new Error(`${method} ${repository}${path}: ${answer.statusCode} ${text.slice(0, 300)}`);
    }
    return answer;
  };

  const upload = async ({ digest, data }: Content): Promise<void> => {
    const head = await send("HEAD", `/blobs/${digest}`, [200, 404]);
    if (head.statusCode === 200) return;
    const place = `${host} ${digest}`;
    const from = places.get(place);
    const mount = from === undefined ? "" : `?${new URLSearchParams({ mount: digest, from })}`;
    const started = await send("POST", `/blobs/uploads/${mount}`, [201, 202]);
    if (started.statusCode === 202) {
      const target = new URL(String(started.headers.location), `http://${host}`);
      target.searchParams.set("digest", digest);
      await send("PUT", target.pathname + target.search, [201], data, "application/octet-stream");
    }
    places.set(place, repository);
  };

  return {
    send,
    async putBlob(content: Content) {
      const key = `${host} ${content.digest}`;
      // One after the other, also for other repositories: they share the blob in the registry.
      const before = uploads.get(key) ?? Promise.resolve();
      const own = before.catch(() => undefined).then(() => upload(content));
      uploads.set(key, own);
      await own;
    },
    async putManifest({ data, mediaType }: Content, reference: string) {
      await send("PUT", `/manifests/${reference}`, [201], data, mediaType);
    },
    close: () => pool.close(),
  };
}
