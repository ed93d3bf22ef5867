import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import type { PushTarget } from "./images.ts";
import { freePort } from "./ports.ts";
import { isAlive, signal } from "./processes.ts";
import { createScratch, environmentOf } from "./scratch.ts";
import type { TokenAuth } from "./token-service.ts";
import { waitFor } from "./wait.ts";

/** A real registry (the distribution project's, as Debian packages it) of this test's own. */
export interface Registry extends PushTarget {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** The directory of its storage. */
  readonly data: string;
  log(): string;
  /** Its pid, while it runs. */
  pid(): number | undefined;
  /** What it was asked since its last start, by its own count; it must have been told to count. */
  requests(): Promise<RequestCounts>;
  /** Points tags to a digest that was pushed, in its storage: for more tags than can be pushed soon. */
  storeTags(repository: string, digest: string, tags: string[]): void;
  /** Ends the process; the data stays. */
  stop(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** Requests that a registry received. */
export interface RequestCounts {
  /** lists of tags */
  lists: number;
  /** HEADs of manifests */
  heads: number;
  /** GETs of manifests and blobs */
  gets: number;
  others: number;
}

/** What the registry should do. */
export interface RegistryOptions {
  /** Asks for this user and password, by HTTP Basic. */
  credentials?: { username: string; password: string };
  /** Asks for tokens of this service. */
  tokens?: TokenAuth;
  /** Serves what another one has in its storage. Default: one of its own. */
  data?: string;
  /** Sends its push notifications there, with these headers. */
  notifications?: { url: string; headers?: Record<string, string> };
  /** Counts its requests. */
  counts?: boolean;
}

/** Starts a registry on a free loopback port. Deleting is allowed. */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const scratch = createScratch("registry");
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const countsAt = options.counts ? `127.0.0.1:${await freePort()}` : undefined;
  const config = scratch.path("config.yml");
  const logFile = scratch.path("log");
  const data = options.data ?? scratch.path("data");
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(configuration()));
  let pid: number | undefined;

  function htpasswd(): string | undefined {
    if (!options.credentials) return undefined;
    const { username, password } = options.credentials;
    const file = scratch.path("htpasswd");
    writeFileSync(file, execFileSync("htpasswd", ["-nbB", username, password]));
    return file;
  }

  function configuration() {
    const { notifications } = options;
    const file = htpasswd();
    return {
      version: 0.1,
      log: { level: "warn", accesslog: { disabled: true } },
      storage: {
        filesystem: { rootdirectory: data },
        delete: { enabled: true },
      },
      http: {
        addr: host,
        secret: "test",
        ...(countsAt ? { debug: { addr: countsAt, prometheus: { enabled: true } } } : {}),
      },
      ...(options.tokens ? { auth: { token: options.tokens } } : {}),
      ...(file ? { auth: { htpasswd: { realm: "test", path: file } } } : {}),
      ...(notifications ? { notifications: { endpoints: [endpoint(notifications)] } } : {}),
    };
  }

  const alive = (): boolean => pid !== undefined && isAlive(pid);
  const log = (): string => readFileSync(logFile, "utf8");

  const start = async (): Promise<void> => {
    const output = openSync(logFile, "a");
    const child = spawn("docker-registry", ["serve", config], {
      stdio: ["ignore", output, output],
      env: environmentOf(scratch.dir, { OTEL_TRACES_EXPORTER: "none" }),
    });
    closeSync(output);
    child.once("error", () => undefined);
    child.unref();
    pid = child.pid;
    if (pid === undefined)
      throw new Error("docker-registry could not be started: is it installed?");
    await waitFor(
      async () => {
        if (!alive()) throw new Error("The registry has ended.");
        return (await fetch(`http://${host}/v2/`)).status < 500;
      },
      { what: "the registry", explain: () => log().slice(-2000) },
    );
  };

  const stop = async (): Promise<void> => {
    if (pid !== undefined) signal(pid, "SIGTERM");
    await waitFor(() => !alive(), { what: "the registry to end" });
  };

  await start();
  return {
    url: `http://${host}`,
    data,
    host,
    ...(options.credentials ? { credentials: options.credentials } : {}),
    log,
    pid: () => (alive() ? pid : undefined),
    async requests() {
      if (countsAt === undefined) throw new Error("This registry does not count its requests.");
      return requestCounts(await (await fetch(`http://${countsAt}/metrics`)).text());
    },
    storeTags(repository, digest, tags) {
      const manifests = `${data}/docker/registry/v2/repositories/${repository}/_manifests`;
      const hex = digest.replace("sha256:", "");
      for (const tag of tags) {
        for (const folder of [`tags/${tag}/current`, `tags/${tag}/index/sha256/${hex}`]) {
          mkdirSync(`${manifests}/${folder}`, { recursive: true });
          writeFileSync(`${manifests}/${folder}/link`, digest);
        }
      }
    },
    stop,
    start,
    async remove() {
      await stop();
      await scratch.remove();
    },
  };
}

function endpoint({ url, headers }: NonNullable<RegistryOptions["notifications"]>) {
  return {
    name: "test",
    url,
    headers: Object.fromEntries(
      Object.entries(headers ?? {}).map(([name, value]) => [name, [value]]),
    ),
    timeout: "2s",
    threshold: 5,
    backoff: "200ms",
  };
}

/** From the registry's Prometheus text. */
function requestCounts(metrics: string): RequestCounts {
  const counts: RequestCounts = { lists: 0, heads: 0, gets: 0, others: 0 };
  const kinds: Record<string, keyof RequestCounts> = {
    "tags get": "lists",
    "manifest head": "heads",
    "manifest get": "gets",
    "blob get": "gets",
  };
  const line =
    /^registry_http_requests_total\{.*handler="(\w+)",method="(\w+)"\} (\d+(?:\.\d+)?(?:e\+\d+)?)$/gm;
  for (const [, handler, method, count] of metrics.matchAll(line)) {
    counts[kinds[`${handler} ${method}`] ?? "others"] += Number(count);
  }
  return counts;
}
