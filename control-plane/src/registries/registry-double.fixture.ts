import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";

/*
 * A registry for tests: speaks the distribution protocol from memory, counts what it is asked, and
 * can be told to go wrong in any way.
 */

export interface DoubleRequest {
  method: string;
  /** path and query */
  url: string;
  authorization: string | undefined;
  /** which connection it came on, from 0 */
  connection: number;
}

interface Content {
  body: Buffer;
  mediaType: string;
}

interface Repository {
  tags: Map<string, string>;
  manifests: Map<string, Content>;
  blobs: Map<string, Buffer>;
}

export type DoubleLogin =
  | { kind: "none" }
  | { kind: "basic"; username: string; password: string }
  | { kind: "bearer"; username: string | null; password: string; lifetimeSeconds: number };

/** Answers a request itself and returns true, or returns false to let the registry answer. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Where a request is sent to instead of being answered; null: it is answered. */
export type Redirect = (url: URL) => { status: number; location: string } | null;

export interface PushOptions {
  created?: string;
  /** several make an index */
  platforms?: string[];
  /** distinguishes contents that are otherwise the same */
  content?: string;
  /** of the configuration, such as `Env` and `Labels` */
  settings?: Record<string, unknown>;
  /** of the manifest of each platform */
  annotations?: Record<string, unknown>;
  /** of the index */
  indexAnnotations?: Record<string, unknown>;
  /** of layers, by their names: the same name is the same layer */
  layers?: Record<string, number>;
}

export const types = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
};

export function sha256(body: Buffer | string): string {
  return `sha256:${createHash("sha256").update(body).digest("hex")}`;
}

export class RegistryDouble {
  readonly requests: DoubleRequest[] = [];
  readonly repositories = new Map<string, Repository>();
  readonly faults: Fault[] = [];
  /** tried after the login, as a registry knows who asks before it sends on */
  readonly redirects: Redirect[] = [];
  login: DoubleLogin = { kind: "none" };
  /** the token service that it names and whose tokens it takes; null: its own */
  tokenService: RegistryDouble | null = null;
  /** in the place of a token of its own making; null: none */
  tokenValue: string | null = null;
  /** tags per page; 0: all on one */
  pageSize = 0;
  /** a list that is not all says where it goes on */
  sendsLinks = true;
  sendsDigests = true;
  /** lists carry an ETag, and one that the client has already is answered with 304 */
  sendsEtags = false;
  /** how many lists were answered with 304 */
  unchangedLists = 0;
  #server: Server | null = null;
  #tokens = new Map<string, { scope: string; expiresAt: number }>();
  readonly #sockets = new Set<Socket>();
  readonly #connections = new WeakMap<Socket, number>();
  #connectionCount = 0;
  #granted = 0;

  async start(port = 0): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    server.on("connection", (socket) => {
      this.#connections.set(socket, this.#connectionCount++);
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  get port(): number {
    const address = this.#server?.address();
    if (address == null || typeof address === "string")
      throw new Error("the double is not started");
    return address.port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** `127.0.0.1:port`, as image names have it */
  get domain(): string {
    return `127.0.0.1:${this.port}`;
  }

  get connectionCount(): number {
    return this.#connectionCount;
  }

  /** Forgets what was asked; returns it. */
  takeRequests(): DoubleRequest[] {
    return this.requests.splice(0);
  }

  repository(name: string): Repository {
    const known = this.repositories.get(name);
    if (known !== undefined) return known;
    const created: Repository = { tags: new Map(), manifests: new Map(), blobs: new Map() };
    this.repositories.set(name, created);
    return created;
  }

  /** Pushes an image and points the tag to it. Returns its digest. */
  push(repository: string, tag: string, options: PushOptions = {}): string {
    const platforms = options.platforms ?? ["linux/amd64"];
    const images = platforms.map((platform) => this.#pushImage(repository, platform, options, tag));
    const first = images[0];
    if (first === undefined) throw new Error("an image has a platform");
    const digest =
      images.length === 1
        ? first.digest
        : this.pushManifest(repository, types.index, {
            schemaVersion: 2,
            mediaType: types.index,
            annotations: options.indexAnnotations,
            manifests: images.map(({ digest: imageDigest, size, platform }) => {
              const [os, architecture, variant] = platform.split("/");
              return {
                mediaType: types.manifest,
                digest: imageDigest,
                size,
                platform: { os, architecture, variant },
              };
            }),
          });
    this.repository(repository).tags.set(tag, digest);
    return digest;
  }

  #pushImage(repository: string, platform: string, options: PushOptions, tag: string) {
    const [os, architecture, variant] = platform.split("/");
    const config = Buffer.from(
      JSON.stringify({
        os,
        architecture,
        variant,
        created: options.created ?? "2026-01-01T00:00:00Z",
        config: { Labels: { content: options.content ?? tag }, ...options.settings },
      }),
    );
    const manifest = {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: this.pushBlob(repository, types.config, config),
      layers: Object.entries(options.layers ?? { layer: 1000 }).map(([name, size]) => ({
        mediaType: types.layer,
        digest: sha256(name),
        size,
      })),
      annotations: options.annotations,
    };
    const digest = this.pushManifest(repository, types.manifest, manifest);
    return { digest, platform, size: JSON.stringify(manifest).length };
  }

  /** Stores a blob. Returns how manifests name it. */
  pushBlob(repository: string, mediaType: string, content: Buffer | string) {
    const blob = Buffer.from(content);
    const digest = sha256(blob);
    this.repository(repository).blobs.set(digest, blob);
    return { mediaType, digest, size: blob.length };
  }

  /** Stores a manifest of any kind. Returns its digest. */
  pushManifest(repository: string, mediaType: string, manifest: unknown): string {
    const body = Buffer.from(JSON.stringify(manifest));
    const digest = sha256(body);
    this.repository(repository).manifests.set(digest, { body, mediaType });
    return digest;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "/", this.origin);
    this.requests.push({
      method: request.method ?? "",
      url: `${url.pathname}${url.search}`,
      authorization: request.headers.authorization,
      connection: this.#connections.get(request.socket) ?? -1,
    });
    if (this.faults.some((fault) => fault(request, response))) return;
    if (url.pathname === "/token") return void this.#grant(request, response, url);
    if (!this.#admits(request, response, url)) return;

    for (const redirect of this.redirects) {
      const to = redirect(url);
      if (to === null) continue;
      response.writeHead(to.status, { location: to.location }).end();
      return;
    }
    response.setHeader("docker-distribution-api-version", "registry/2.0");
    if (url.pathname === "/v2/" || url.pathname === "/v2") return void send(response, 200, {});
    if (url.pathname === "/v2/_catalog") {
      return void this.#list(
        request,
        response,
        url,
        "repositories",
        [...this.repositories.keys()].sort(),
      );
    }
    const match = /^\/v2\/(.+)\/(tags\/list|manifests\/[^/]+|blobs\/[^/]+)$/.exec(url.pathname);
    const repository = this.repositories.get(match?.[1] ?? "");
    const [kind, reference = ""] = (match?.[2] ?? "").split("/");
    if (repository === undefined) return void missing(response, "NAME_UNKNOWN");
    if (kind === "tags") {
      const tags = [...repository.tags.keys()].sort();
      return void this.#list(request, response, url, "tags", tags, { name: match?.[1] ?? "" });
    }
    if (kind === "blobs") {
      const blob = repository.blobs.get(reference);
      if (blob === undefined) return void missing(response, "BLOB_UNKNOWN");
      response.writeHead(200, {
        "content-type": "application/octet-stream",
        "content-length": blob.length,
        "docker-content-digest": reference,
      });
      response.end(request.method === "HEAD" ? undefined : blob);
      return;
    }
    const digest = repository.tags.get(reference) ?? reference;
    const manifest = repository.manifests.get(digest);
    if (manifest === undefined) return void missing(response, "MANIFEST_UNKNOWN");
    response.writeHead(200, {
      "content-type": manifest.mediaType,
      "content-length": manifest.body.length,
      ...(this.sendsDigests ? { "docker-content-digest": digest } : {}),
    });
    response.end(request.method === "HEAD" ? undefined : manifest.body);
  }

  #list(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    field: string,
    names: string[],
    more: Record<string, string> = {},
  ): void {
    const last = url.searchParams.get("last");
    const from = last === null ? 0 : names.findIndex((name) => name > last);
    const rest = from < 0 ? [] : names.slice(from);
    const asked = Number(url.searchParams.get("n") ?? Number.POSITIVE_INFINITY);
    const size = Math.min(asked, this.pageSize === 0 ? asked : this.pageSize);
    const page = rest.slice(0, size);
    if (this.sendsLinks && page.length < rest.length && page.length > 0) {
      response.setHeader(
        "link",
        `<${url.pathname}?last=${encodeURIComponent(page.at(-1) ?? "")}&n=${size}>; rel="next"`,
      );
    }
    const list = { ...more, [field]: page };
    if (this.sendsEtags) {
      const etag = `"${sha256(JSON.stringify(list))}"`;
      response.setHeader("etag", etag);
      if (request.headers["if-none-match"] === etag) {
        this.unchangedLists++;
        return void response.writeHead(304).end();
      }
    }
    send(response, 200, list);
  }

  #admits(request: IncomingMessage, response: ServerResponse, url: URL): boolean {
    const login = this.login;
    if (login.kind === "none") return true;
    const authorization = request.headers.authorization ?? "";
    if (login.kind === "basic") {
      if (authorization === basic(login.username, login.password)) return true;
      response.setHeader("www-authenticate", 'Basic realm="double"');
      send(response, 401, { errors: [{ code: "UNAUTHORIZED" }] });
      return false;
    }
    const repository = /^\/v2\/(.+)\/(?:tags|manifests|blobs)\//.exec(url.pathname)?.[1];
    const scope =
      repository !== undefined
        ? `repository:${repository}:pull`
        : url.pathname === "/v2/_catalog"
          ? "registry:catalog:*"
          : null;
    const service = this.tokenService ?? this;
    const token = service.#tokens.get(authorization.replace(/^Bearer /, ""));
    if (
      token !== undefined &&
      token.expiresAt > Date.now() &&
      (scope === null || token.scope === scope)
    ) {
      return true;
    }
    response.setHeader(
      "www-authenticate",
      `Bearer realm="${service.origin}/token",service="double"${scope === null ? "" : `,scope="${scope}"`}`,
    );
    send(response, 401, { errors: [{ code: "UNAUTHORIZED" }] });
    return false;
  }

  #grant(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const login = this.login;
    if (login.kind !== "bearer") return void missing(response, "UNSUPPORTED");
    const wanted = login.username === null ? undefined : basic(login.username, login.password);
    if (request.headers.authorization !== wanted)
      return void send(response, 401, { details: "no" });
    const token = this.tokenValue ?? `token-${this.port}-${this.#granted++}`;
    this.#tokens.set(token, {
      scope: url.searchParams.get("scope") ?? "",
      expiresAt: Date.now() + login.lifetimeSeconds * 1000,
    });
    send(response, 200, { token, expires_in: login.lifetimeSeconds });
  }

  /** Makes every token that was given out worthless. */
  revokeTokens(): void {
    this.#tokens.clear();
  }
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

export function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function missing(response: ServerResponse, code: string): void {
  send(response, 404, { errors: [{ code }] });
}
