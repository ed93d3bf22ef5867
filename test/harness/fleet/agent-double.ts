import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openChannel } from "../../../agent/src/link/channel.ts";
import {
  type AgentMessage,
  type CommandResult,
  decodeControlMessage,
  encodeAgentMessage,
  protocolVersion,
  type WireControlMessageOutput,
} from "../../../proto/src/index.ts";

/** The results in an agent's journal, in the order of their files' names. */
export function journaledResults(stateDir: string): CommandResult[] {
  const directory = join(stateDir, "journal");
  return readdirSync(directory)
    .filter((file) => file.endsWith(".jsonl"))
    .sort()
    .flatMap((file) => {
      const lines = readFileSync(join(directory, file), "utf8").split("\n").slice(0, -1);
      return lines
        .map((line) => JSON.parse(line) as { record: string; result: CommandResult })
        .filter(({ record }) => record === "result")
        .map(({ result }) => result);
    });
}

/**
 * Speaks in the place of an agent that does not run, with its identity: sends results, in this order and as
 * often as they are given, and carries out nothing that it is told to do. Resolves when each of them is
 * acknowledged; false where the stream ended before that.
 */
export async function sendResultsAs(
  stateDir: string,
  address: string,
  results: readonly CommandResult[],
): Promise<boolean> {
  const identity = JSON.parse(readFileSync(join(stateDir, "agent.json"), "utf8"));
  const client = openChannel(identity, address, {});
  const call = client.connect();
  const send = (message: AgentMessage) => void call.write(encodeAgentMessage(message));
  try {
    return await new Promise<boolean>((resolve) => {
      let due = results.length;
      call.on("error", () => resolve(false));
      call.on("end", () => resolve(false));
      call.on("data", (wire: WireControlMessageOutput) => {
        const message = decodeControlMessage(wire);
        if (message?.kind === "welcome") {
          for (const result of results) send({ kind: "result", result });
          if (due === 0) resolve(true);
        }
        if (message?.kind === "resultAck" && --due === 0) resolve(true);
      });
      send(hello());
    });
  } finally {
    call.cancel();
    client.close();
  }
}

function hello(): AgentMessage {
  return {
    kind: "hello",
    protocolVersion,
    agentVersion: "0.1.0",
    capabilities: ["pull", "run", "rollback", "commit", "probe", "job", "prune", "after"],
    host: {
      ...{ engineAvailable: true, engineError: null, dockerVersion: "28.5.2", apiVersion: "1.51" },
      ...{ os: "linux", architecture: "amd64", variant: null, cpus: 2, hostname: "double" },
      ...{ memoryBytes: 8_000_000_000, diskFreeBytes: 40_000_000_000 },
    },
    instanceId: crypto.randomUUID(),
    sentAt: Date.now(),
  };
}
