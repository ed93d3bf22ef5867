import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A socket that answers as an engine with so many containers, each answer after a while. */
export interface ScriptedEngine {
  readonly host: string;
  readonly containers: number;
  readonly answerMs: number;
  /** since the last reset: how many requests came, and how many of them at most at one time */
  readonly counts: { requests: number; atOnce: number };
  reset(): void;
  /** So many starts, of one container after the other; resolves when all that follow its events have been sent them. */
  happen(starts: number): Promise<void>;
  /** starts so far */
  readonly happened: number;
  /** how many streams of events and logs are read */
  readonly streams: number;
  /** Cuts the streams of events, as a restart of the engine does. */
  cut(): void;
  remove(): Promise<void>;
}

const images = 50;
/** Events that are written together. */
const eventsAtOnce = 100;
const lineEveryMs = 100;
const time = "2026-01-01T00:00:00.123456789Z";
const hex = (at: number) => at.toString(16).padStart(64, "0");
const imageOf = (at: number) => `sha256:${hex(1_000_000 + (at % images))}`;

export async function scriptedEngine(
  containers: number,
  answerMs: number,
): Promise<ScriptedEngine> {
  const directory = mkdtempSync(join(tmpdir(), "scripted-engine-"));
  const path = join(directory, "docker.sock");
  const counts = { requests: 0, atOnce: 0 };
  let underWay = 0;
  const list = JSON.stringify(Array.from({ length: containers }, (_, at) => listed(at)));

  const restarts = new Map<number, number>();
  const listeners = new Set<ServerResponse>();
  const logs = new Set<ServerResponse>();
  let turn = 0;
  const keepOpen = (all: Set<ServerResponse>, response: ServerResponse): void => {
    all.add(response);
    response
      .on("close", () => all.delete(response))
      .writeHead(200)
      .flushHeaders();
  };
  const talking = setInterval(() => {
    for (const response of logs) response.write(logFrame());
  }, lineEveryMs);

  const server = createServer((request, response) => {
    const { pathname: wanted } = new URL(request.url ?? "/", "http://engine");
    if (wanted === "/events") return keepOpen(listeners, response);
    if (/^\/containers\/[^/]+\/logs$/.test(wanted)) return keepOpen(logs, response);
    counts.requests += 1;
    underWay += 1;
    counts.atOnce = Math.max(counts.atOnce, underWay);
    setTimeout(() => {
      underWay -= 1;
      answer(response, wanted, list, restarts);
    }, answerMs);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    host: `unix://${path}`,
    containers,
    answerMs,
    counts,
    reset() {
      Object.assign(counts, { requests: 0, atOnce: 0 });
    },
    get happened() {
      return turn;
    },
    async happen(starts) {
      for (let left = starts; left > 0; left -= eventsAtOnce) {
        const some = Math.min(left, eventsAtOnce);
        const lines = Array.from({ length: some }, () => {
          const at = turn++ % containers;
          restarts.set(at, (restarts.get(at) ?? 0) + 1);
          const event = { Type: "container", Action: "start", Actor: { ID: hex(at) } };
          return `${JSON.stringify(event)}\n`;
        });
        for (const response of listeners) {
          if (response.write(lines.join(""))) continue;
          await Promise.race([once(response, "drain"), once(response, "close")]);
        }
      }
    },
    get streams() {
      return listeners.size + logs.size;
    },
    cut() {
      const cut = [...listeners];
      listeners.clear();
      for (const response of cut) response.destroy();
    },
    async remove() {
      clearInterval(talking);
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      rmSync(directory, { recursive: true });
    },
  };
}

/** A line as the engine sends it of a container without a terminal. */
function logFrame(): Buffer {
  const line = Buffer.from(`${new Date().toISOString()} a line of a log of usual length\n`);
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(line.length, 4);
  return Buffer.concat([head, line]);
}

function answer(
  response: ServerResponse,
  path: string,
  list: string,
  restarts: ReadonlyMap<number, number>,
): void {
  const send = (value: unknown) => {
    response.setHeader("content-type", "application/json");
    response.end(typeof value === "string" ? value : JSON.stringify(value));
  };
  const container = containerOf(path);
  const image = /^\/images\/(sha256:[0-9a-f]{64})\/json$/.exec(path)?.[1];
  if (path === "/_ping") response.end("OK");
  else if (path === "/version") {
    send({ Version: "28.5.2", ApiVersion: "1.51", Os: "linux", Arch: "amd64", Components: [] });
  } else if (path === "/info") {
    send({ NCPU: 2, MemTotal: 4e9, Architecture: "x86_64", DockerRootDir: "/var/lib/docker" });
  } else if (path === "/containers/json") send(list);
  else if (container !== null) {
    send({ ...inspected(container), RestartCount: restarts.get(container) ?? 0 });
  } else if (image !== undefined) {
    const name = `registry.example/team/app-${image.slice(-4)}`;
    const names = { RepoTags: [`${name}:v1`], RepoDigests: [`${name}@${image}`] };
    send({ Id: image, Os: "linux", Architecture: "amd64", ...names });
  } else {
    response.statusCode = 404;
    send({ message: `no ${path} here` });
  }
}

/** Which one is to be inspected, by its id or its name; null: none. */
function containerOf(path: string): number | null {
  const [, id, number] = /^\/containers\/(?:([0-9a-f]{64})|app-(\d+))\/json$/.exec(path) ?? [];
  if (id !== undefined) return Number.parseInt(id, 16);
  return number === undefined ? null : Number(number);
}

function labels(at: number): Record<string, string> {
  const many = Array.from({ length: 15 }, (_, n) => [
    `org.example.label-${n}`,
    `value ${n} of ${at}`,
  ]);
  return Object.fromEntries(many);
}

function listed(at: number) {
  return {
    Id: hex(at),
    Names: [`/app-${at}`],
    Image: `registry.example/team/app-${at % images}:v1`,
    ImageID: imageOf(at),
    Created: 1_767_225_600,
    Ports: [],
    Labels: labels(at),
    State: "running",
    Status: "Up 2 hours",
    HostConfig: { NetworkMode: "bridge" },
    NetworkSettings: { Networks: {} },
    Mounts: [],
  };
}

/** About as large as a real one. */
function inspected(at: number) {
  return {
    Id: hex(at),
    Name: `/app-${at}`,
    Created: time,
    Image: imageOf(at),
    State: {
      Status: "running",
      Running: true,
      ExitCode: 0,
      StartedAt: time,
      FinishedAt: "0001-01-01T00:00:00Z",
    },
    Config: {
      Image: `registry.example/team/app-${at % images}:v1`,
      Env: Array.from({ length: 30 }, (_, n) => `VARIABLE_${n}=a value of usual length, ${n}`),
      Labels: labels(at),
      ExposedPorts: { "8080/tcp": {} },
    },
    HostConfig: {
      NetworkMode: "bridge",
      Binds: Array.from({ length: 5 }, (_, n) => `/srv/app-${at}/${n}:/data/${n}`),
      PortBindings: { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: String(10_000 + at) }] },
    },
    NetworkSettings: {
      Ports: { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: String(10_000 + at) }] },
      Networks: { bridge: { NetworkID: hex(7), IPAddress: "172.17.0.2" } },
    },
  };
}
