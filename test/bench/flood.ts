// What the others feel while one agent floods: the health endpoint, a list of the API, and an order
// to an honest agent, there and back; beside the same while a process of the same machine is only
// busy. The rogue is a process of its own, speaks the real protocol with the certificate of its own
// server, and comes again as often as it is let in. Fails where the slowest answer took more than the
// limit beyond the slowest one beside the busy process.
// Options: --seconds=8 (of each kind of flood)  --kind=… (only that one)
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  containerReport,
  hello,
  openStream,
  type TestAgent,
} from "../../control-plane/src/gateway/agent.fixture.ts";
import { newCertificateRequest } from "../../control-plane/src/servers/certificate-request.fixture.ts";
import type { Api } from "../harness/api.ts";
import type { Environment, Server, Service } from "../harness/resources.ts";
import { startSystem } from "../harness/system.ts";
import { printTable, type Sample, sample, writeFigures } from "./figures.ts";
import { messages, others } from "./flood-kinds.ts";
import type { RogueOrder } from "./flood-rogue.ts";

const { values: options } = parseArgs({
  options: { seconds: { type: "string", default: "8" }, kind: { type: "string" } },
});
const seconds = Number(options.seconds);
/** What the slowest answer may take longer because of a flood, in milliseconds. */
const limitMs = 100;
const columns = ["health", "list", "order"] as const;
const alone = "nothing: a busy loop";

interface Joined {
  server: Server;
  port: number;
  ca: string;
  privateKey: string;
  certificate: string;
}
interface Felt {
  kind: string;
  health: Sample;
  list: Sample;
  order: Sample;
}

const system = await startSystem({ env: { BRIDGEPORT_RATE_LIMIT: "0" } });
const rows: Felt[] = [];
try {
  const api = await system.login();
  const honest = await join(api, "honest");
  const agent = await answering(honest);
  const { services } = await api.until<{ services: Service[] }>(
    `/api/servers/${honest.server.id}/services`,
    ({ services }) => services.length > 0,
  );
  const service = services[0]?.id ?? "";
  const kinds = [alone, ...Object.keys(messages), ...others];
  for (const kind of kinds) {
    if (options.kind && kind !== alone && kind !== options.kind) continue;
    const rogue = await startRogue({ kind, ...(await join(api, `rogue ${kinds.indexOf(kind)}`)) });
    rows.push({ kind, ...(await feel(api, service)) });
    console.log(kind);
    rogue.kill("SIGKILL");
    await once(rogue, "exit");
  }
  agent.vanish();
} catch (error) {
  console.error(system.output().slice(-3000));
  throw error;
} finally {
  await system.remove();
}
report();

/** A server with an agent's certificate, as the API gives them. */
async function join(api: Api, name: string): Promise<Joined> {
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const { server, join: given } = await api.post<{ server: Server; join: { token: string } }>(
    `/api/environments/${environments[0]?.id}/servers`,
    { name },
  );
  const { csrPem, privateKeyPem } = await newCertificateRequest("CN=agent");
  const enrolled = await api.post<{ certificate: string; ca: string; agentAddr: string }>(
    "/api/agent/enroll",
    { token: given.token, csr: csrPem, hostname: name },
  );
  return {
    server,
    port: Number(enrolled.agentAddr.split(":").at(-1)),
    ca: enrolled.ca,
    privateKey: privateKeyPem,
    certificate: enrolled.certificate,
  };
}

/** An honest agent with one container, that does what it is told at once. */
async function answering({ port, ca, privateKey, certificate }: Joined): Promise<TestAgent> {
  const agent = openStream(port, ca, privateKey, certificate);
  agent.send(hello);
  const containers = [containerReport()];
  agent.send({ kind: "inventory", sequence: 0, chunk: 0, last: true, containers });
  void (async () => {
    for (;;) {
      const { command } = await agent.next("command");
      const outcome = { ok: true, body: { kind: "lifecycle", state: "running" } } as const;
      const result = { commandId: command.id, startedAt: 1, finishedAt: 2, outcome };
      agent.send({ kind: "result", result });
    }
  })();
  return agent;
}

async function startRogue(order: RogueOrder): Promise<ChildProcess> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", "test/bench/flood-rogue.ts"], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin?.write(`${JSON.stringify(order)}\n`);
  await once(child.stdout as NodeJS.ReadableStream, "data");
  return child;
}

/** Asks by turns for `seconds`, and takes the milliseconds of each answer. */
async function feel(api: Api, service: string): Promise<Omit<Felt, "kind">> {
  const over = performance.now() + seconds * 1000;
  const repeated = async (work: () => Promise<unknown>, everyMs: number): Promise<Sample> => {
    const values: number[] = [];
    while (performance.now() < over) {
      const began = performance.now();
      await work();
      values.push(performance.now() - began);
      await pause(everyMs);
    }
    return sample(values);
  };
  const [health, list, order] = await Promise.all([
    repeated(() => api.get("/healthz"), 5),
    repeated(() => api.get("/api/environments"), 20),
    repeated(() => api.post(`/api/services/${service}/restart`), 20),
  ]);
  return { health, list, order };
}

function report(): void {
  const cell = (values: Sample): string => {
    const sorted = values.values.toSorted((a, b) => a - b);
    const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? values.max;
    return [values.median, p99, values.max].map((value) => value.toFixed(0)).join(" / ");
  };
  printTable("What the others feel of a flood: ms, median / p99 / worst", [
    ["flood", "health", "list", "order to another agent"],
    ...rows.map((felt) => [felt.kind, ...columns.map((column) => cell(felt[column]))]),
  ]);
  writeFigures("flood", rows);
  const [floor, ...floods] = rows;
  for (const felt of floods) {
    for (const column of columns) {
      const more = felt[column].max - (floor?.[column].max ?? 0);
      if (more <= limitMs) continue;
      console.error(`${felt.kind}: ${column} took ${Math.round(more)} ms longer`);
      process.exitCode = 1;
    }
  }
}
