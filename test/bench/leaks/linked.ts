import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { JoinedAgent } from "../../harness/fleet/messages.ts";
import { isAlive } from "../../harness/processes.ts";
import { waitFor } from "../../harness/wait.ts";
import { type Cutter, cutterBefore } from "./cut-connections.ts";
import { inspectable } from "./inspected.ts";

/** A process with the links of several agents, whose connections can be cut. */
export interface Linked {
  readonly pid: number;
  readonly joined: readonly JoinedAgent[];
  readonly serverIds: string[];
  /** containers that have changed so far, over all agents */
  readonly changed: number;
  output(): string;
  change(containers: number): void;
  /** Cuts all connections, and waits until all agents are there again. */
  reconnect(): Promise<void>;
  close(): Promise<void>;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** @param joined each of a server of its own, as one server may connect only so often */
export async function startLinked(joined: readonly JoinedAgent[]): Promise<Linked> {
  const agents = joined.length;
  const cutter: Cutter = await cutterBefore(joined[0]?.agentAddr ?? "");
  const child: ChildProcess = spawn(
    process.execPath,
    ["--import", "tsx", "test/bench/leaks/linked-agents.ts"],
    {
      cwd: root,
      stdio: ["ignore", "inherit", "pipe", "ipc"],
      env: { ...process.env, ...inspectable },
    },
  );
  let output = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  let standing = { connected: 0, ended: 0 };
  child.on("message", (told: typeof standing) => {
    standing = told;
  });
  child.send({ agents: joined.map((one) => ({ ...one, agentAddr: cutter.address })) });
  await waitFor(() => standing.connected === agents, { what: "the linked agents" });
  let changed = 0;
  return {
    pid: child.pid ?? 0,
    joined,
    serverIds: joined.map(({ serverId }) => serverId),
    get changed() {
      return changed;
    },
    output: () => output,
    change(containers) {
      changed += containers;
      child.send({ change: containers });
    },
    async reconnect() {
      const before = standing.ended;
      cutter.cut();
      await waitFor(() => standing.ended >= before + agents && standing.connected === agents, {
        what: "the linked agents again",
      });
    },
    async close() {
      child.kill("SIGKILL");
      await waitFor(() => !isAlive(child.pid ?? 0), { what: "the linked agents to end" });
      await cutter.close();
    },
  };
}
