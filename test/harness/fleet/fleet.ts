import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { newCertificateRequest } from "../../../control-plane/src/servers/certificate-request.fixture.ts";
import type { Api } from "../api.ts";
import { isAlive } from "../processes.ts";
import type { Environment, Server } from "../resources.ts";
import { waitFor } from "../wait.ts";
import type {
  ContainerState,
  FleetAnswer,
  FleetOrder,
  JoinedAgent,
  Standing,
  ToldEvent,
} from "./messages.ts";

export type { ContainerState, Standing, ToldEvent } from "./messages.ts";

/** Many agents without engines, in processes of their own, each with its own server and certificate. */
export interface Fleet {
  readonly serverIds: readonly string[];
  readonly pids: readonly number[];
  /** Has every agent connect, and connect again whenever its stream ends; waits until all are. */
  connect(): Promise<void>;
  /** Waits until every agent is connected. */
  connected(): Promise<void>;
  /** @param forget ends and failed attempts are counted anew from now on */
  standing(forget?: boolean): Promise<Standing>;
  /** So many events a second from now on, of which `toldPerSecond` are handed to `told`. */
  rate(perSecond: number, toldPerSecond?: number): void;
  /** So many events at once. */
  burst(events: number): void;
  /** What the agents know of their containers. */
  states(): Promise<ContainerState[]>;
  remove(): Promise<void>;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));
/** As many as the control plane works on at the same time for one source. */
const joinedAtOnce = 8;

/** Adds so many servers, and has an agent enrol for each. All agents have the same key, which saves time only. */
export async function joinAgents(api: Api, agents: number): Promise<JoinedAgent[]> {
  const { environments } = await api.get<{ environments: Environment[] }>("/api/environments");
  const path = `/api/environments/${environments[0]?.id}/servers`;
  const { csrPem, privateKeyPem } = await newCertificateRequest("CN=agent");
  const joined: JoinedAgent[] = [];
  let next = 0;
  const joinSome = async (): Promise<void> => {
    while (next < agents) {
      const name = `simulated-${String(next++).padStart(5, "0")}`;
      const added = await api.post<{ server: Server; join: { token: string } }>(path, { name });
      const enrolled = await api.post<{ certificate: string; ca: string; agentAddr: string }>(
        "/api/agent/enroll",
        { token: added.join.token, csr: csrPem, hostname: name },
      );
      const { certificate, ca, agentAddr } = enrolled;
      const serverId = added.server.id;
      joined.push({ serverId, agentAddr, ca, privateKey: privateKeyPem, certificate });
    }
  };
  await Promise.all(Array.from({ length: joinedAtOnce }, joinSome));
  return joined;
}

/**
 * Starts the processes of these agents, which do not connect yet.
 * @param told is given the events that are told of one by one
 */
export async function startFleet(
  joined: JoinedAgent[],
  options: { containers: number; processes?: number; told?: (event: ToldEvent) => void },
): Promise<Fleet> {
  const { containers, processes = 1, told = () => undefined } = options;
  const children = Array.from({ length: processes }, () =>
    spawn(process.execPath, ["--import", "tsx", "test/harness/fleet/agents.ts"], {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    }),
  );
  const order = (child: ChildProcess, what: FleetOrder) => void child.send(what);
  const answerOf = <K extends FleetAnswer["kind"]>(child: ChildProcess, kind: K) =>
    new Promise<Extract<FleetAnswer, { kind: K }>>((resolve) => {
      const heard = (answer: FleetAnswer): void => {
        if (answer.kind !== kind) return;
        child.off("message", heard);
        resolve(answer as Extract<FleetAnswer, { kind: K }>);
      };
      child.on("message", heard);
    });
  const asked = <K extends FleetAnswer["kind"]>(kind: K, what: FleetOrder) =>
    Promise.all(
      children.map((child) => {
        const answer = answerOf(child, kind);
        order(child, what);
        return answer;
      }),
    );
  await Promise.all(
    children.map((child, at) => {
      child.on("message", (answer: FleetAnswer) => {
        if (answer.kind === "told") told(answer.event);
      });
      const ready = answerOf(child, "ready");
      const agents = joined.filter((_, index) => index % processes === at);
      order(child, { kind: "agents", agents, containers });
      return ready;
    }),
  );

  const fleet: Fleet = {
    serverIds: joined.map(({ serverId }) => serverId),
    pids: children.map(({ pid }) => pid ?? 0),
    async connect() {
      for (const child of children) order(child, { kind: "connect" });
      await fleet.connected();
    },
    async connected() {
      await waitFor(async () => (await fleet.standing()).connected === joined.length, {
        what: "every agent to be connected",
        everyMs: 100,
      });
    },
    async standing(forget = false) {
      return sumOf(await asked("standing", { kind: "standing", forget }));
    },
    rate(perSecond, toldPerSecond = 0) {
      const share = { perSecond: perSecond / processes, toldPerSecond: toldPerSecond / processes };
      for (const child of children) order(child, { kind: "rate", ...share });
    },
    burst(events) {
      const share = Math.ceil(events / processes);
      for (const child of children) order(child, { kind: "burst", events: share });
    },
    async states() {
      return (await asked("states", { kind: "states" })).flatMap(({ states }) => states);
    },
    async remove() {
      for (const child of children) child.kill("SIGKILL");
      await waitFor(() => fleet.pids.every((pid) => !isAlive(pid)), { what: "the agents to end" });
    },
  };
  return fleet;
}

function sumOf(all: Standing[]): Standing {
  const sum: Standing = { connected: 0, events: 0, ends: {} };
  for (const { connected, events, ends } of all) {
    sum.connected += connected;
    sum.events += events;
    for (const [reason, { agents, most }] of Object.entries(ends)) {
      const known = sum.ends[reason] ?? { agents: 0, most: 0 };
      sum.ends[reason] = { agents: known.agents + agents, most: Math.max(known.most, most) };
    }
  }
  return sum;
}
