import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  containerReport,
  hello,
  openStream,
  type TestAgent,
} from "../../control-plane/src/gateway/agent.fixture.ts";
import { success } from "../../control-plane/src/plans/plan-world.fixture.ts";
import { newCertificateRequest } from "../../control-plane/src/servers/certificate-request.fixture.ts";
import type { Command, CommandBody, CommandResult, Failure } from "../../proto/src/index.ts";
import type { Api } from "../harness/api.ts";
import type { PushedImage } from "../harness/images.ts";
import type { Environment, Server } from "../harness/resources.ts";

/*
 * Agents of many servers in one process. Each speaks the real protocol with the certificate of its own
 * server; there are no containers behind what it says, so all that takes time is the control plane.
 */

/** What agents of many servers do, and when. */
export interface PlanAgents {
  /** what was done so far, by the kind of the command */
  readonly done: ReadonlyMap<string, number>;
  /** for how long agents had nothing to do, each time until the next command, in milliseconds */
  readonly pauses: number[];
  /** Called with each command that is done from now on; it fails where the answer is false. null: none does. */
  beforeResult(listener: ((body: CommandBody) => Promise<boolean>) | null): void;
  leave(): void;
}

/** Before another stream is opened. */
const againMs = 200;

/** Makes servers, and has an agent of each report its containers, all of this image. */
export async function joinAgents(
  api: Api,
  environment: Environment,
  image: PushedImage,
  { servers, services }: { servers: number; services: number },
): Promise<PlanAgents> {
  const done = new Map<string, number>();
  const pauses: number[] = [];
  let listener: ((body: CommandBody) => Promise<boolean>) | null = null;
  let open = 0;
  let idleSince: number | null = null;

  async function work(
    agent: TestAgent,
    { id, body }: Command,
    changed: (name: string, to: string) => void,
  ): Promise<void> {
    if (open === 0 && idleSince !== null) pauses.push(performance.now() - idleSince);
    open += 1;
    const isWell = listener === null || (await listener(body));
    if (body.kind === "run" && isWell) changed(body.containerName, body.reference);
    done.set(body.kind, (done.get(body.kind) ?? 0) + 1);
    const outcome: CommandResult["outcome"] = isWell
      ? { ok: true, body: success(body) }
      : { ok: false, failure };
    const at = Date.now();
    agent.send({
      kind: "result",
      result: { commandId: id, startedAt: at, finishedAt: at, outcome },
    });
    open -= 1;
    if (open === 0) idleSince = performance.now();
  }

  let left = false;
  const agents = new Set<TestAgent>();

  /** Serves a server, with another stream whenever one ends. @returns when it is there for the first time */
  async function join(at: number): Promise<void> {
    const open = await enrol(api, environment, `server-${at}`);
    const running = new Map(
      Array.from({ length: services }, (_, service) => service)
        .filter((service) => service % servers === at)
        .map((service) => [nameOf(service), `${image.name}@${image.digest}`]),
    );
    const first = open();
    void (async () => {
      for (let agent = first; !left; agent = open()) {
        agents.add(agent);
        serve(agent, running);
        await agent.ended;
        agents.delete(agent);
        await pause(againMs);
      }
    })();
  }

  function serve(agent: TestAgent, running: Map<string, string>): void {
    let sequence = 0;
    const report = (name: string, reference: string) =>
      containerReport({
        ...{ id: idOf(`${name} ${reference}`), name, imageName: `${image.name}:v1`, ports: [] },
        repoDigests: [reference],
      });
    agent.send(hello);
    agent.send({
      ...{ kind: "inventory", sequence, chunk: 0, last: true },
      containers: [...running].map(([name, reference]) => report(name, reference)),
    });
    void (async () => {
      for (;;) {
        const { command } = await agent.next("command");
        void work(agent, command, (name, reference) => {
          sequence += 1;
          const runs = reference.replace(/:v\d+@/, "@");
          running.set(name, runs);
          agent.send({ kind: "change", sequence, change: { upsert: report(name, runs) } });
        });
      }
    })();
  }

  for (let at = 0; at < servers; at++) await join(at);
  return {
    done,
    pauses,
    beforeResult(next) {
      listener = next;
    },
    leave() {
      left = true;
      for (const agent of agents) agent.vanish();
    },
  };
}

const failure: Failure = {
  ...{ code: "start_failed", message: "It does not start", logLines: [], exitCode: 1 },
};

/** @returns opens a stream of the server's agent */
async function enrol(api: Api, { id }: Environment, name: string): Promise<() => TestAgent> {
  const { join } = await api.post<{ server: Server; join: { token: string } }>(
    `/api/environments/${id}/servers`,
    { name },
  );
  const { csrPem, privateKeyPem } = await newCertificateRequest("CN=agent");
  const { certificate, ca, agentAddr } = await api.post<{
    certificate: string;
    ca: string;
    agentAddr: string;
  }>("/api/agent/enroll", { token: join.token, csr: csrPem, hostname: name });
  const port = Number(agentAddr.split(":").at(-1));
  return () => openStream(port, ca, privateKeyPem, certificate);
}

/** By number, in the order in which a plan deploys them. */
export const nameOf = (service: number): string => `service-${String(service).padStart(5, "0")}`;

const idOf = (text: string): string => createHash("sha256").update(text).digest("hex");
