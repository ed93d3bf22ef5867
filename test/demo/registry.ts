import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type BuiltImage, buildImage, type Content } from "../harness/images.ts";
import { apps } from "./catalogue.ts";

/** A registry with the demo's apps in it. */
export interface DemoRegistry {
  /** `127.0.0.1:port` */
  host: string;
  remove(): Promise<void>;
}

interface Repository {
  /** Tag → digest. */
  tags: Map<string, string>;
  /** By digest. */
  manifests: Map<string, Content>;
}

/**
 * Serves the apps over the distribution protocol out of memory, to be read only, so that a machine
 * needs nothing but a Docker Engine.
 */
export async function startDemoRegistry(build: {
  /** `linux/amd64` */
  platform: string;
  /** Path of a static one. */
  busybox: string;
}): Promise<DemoRegistry> {
  const repositories = new Map<string, Repository>();
  const blobs = new Map<string, Content>();
  for (const { repository, versions } of apps) {
    const known: Repository = { tags: new Map(), manifests: new Map() };
    repositories.set(repository, known);
    for (const { tags, hoursAgo, options } of versions) {
      const image = buildImage({
        ...options,
        created: new Date(Date.now() - hoursAgo * 3_600_000).toISOString(),
        platforms: [build.platform],
        busybox: build.busybox,
        labels: { [demoLabel]: "image" },
      });
      add(known, image, tags);
      for (const blob of image.blobs) blobs.set(blob.digest, blob);
    }
  }
  const server = createServer((request, response) =>
    answer(request, response, repositories, blobs),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async remove() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** On every image and container of a demo; on a container its value names the demo's process. */
export const demoLabel = "bridgeport.demo";

function add(repository: Repository, image: BuiltImage, tags: string[]): void {
  for (const manifest of image.manifests) repository.manifests.set(manifest.digest, manifest);
  for (const tag of tags) repository.tags.set(tag, image.digest);
}

function answer(
  { method, url = "/" }: IncomingMessage,
  response: ServerResponse,
  repositories: Map<string, Repository>,
  blobs: Map<string, Content>,
): void {
  const { pathname } = new URL(url, "http://registry");
  const [, name = "", kind, reference = ""] =
    /^\/v2\/(.+)\/(manifests|blobs|tags)\/([^/]+)$/.exec(pathname) ?? [];
  const repository = repositories.get(name);
  if (method !== "GET" && method !== "HEAD") {
    send(405, { errors: [{ code: "UNSUPPORTED", message: "The demo's registry is read-only." }] });
  } else if (pathname === "/v2/") {
    send(200, {});
  } else if (pathname === "/v2/_catalog") {
    send(200, { repositories: [...repositories.keys()] });
  } else if (kind === "tags" && repository) {
    send(200, { name, tags: [...repository.tags.keys()] });
  } else {
    const digest = repository?.tags.get(reference) ?? reference;
    const content = kind === "blobs" ? blobs.get(digest) : repository?.manifests.get(digest);
    if (content) sendContent(content);
    else send(404, { errors: [{ code: "NOT_FOUND", message: `${pathname} is not here.` }] });
  }

  function send(status: number, body: unknown): void {
    response.writeHead(status, {
      "content-type": "application/json",
      "docker-distribution-api-version": "registry/2.0",
    });
    response.end(method === "HEAD" ? undefined : JSON.stringify(body));
  }

  function sendContent({ data, digest, mediaType }: Content): void {
    response.writeHead(200, {
      "content-type": kind === "blobs" ? "application/octet-stream" : mediaType,
      "content-length": data.length,
      "docker-content-digest": digest,
      "docker-distribution-api-version": "registry/2.0",
    });
    response.end(method === "HEAD" ? undefined : data);
  }
}
