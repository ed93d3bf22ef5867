import type { AgentMessage, ControlMessage } from "@bridgeport/proto";
import { logFailure } from "../commands/logs.ts";
import { type Engine, engineMessage } from "../engine/client.ts";
import { LogFollow, type LogRange } from "../engine/logs/logs.ts";
import { labelRefusal, logRefusal, type Policy } from "../policy/policy.ts";

type LogStart = Extract<ControlMessage, { kind: "logStart" }>;

/** No control plane needs more in parallel; the limit protects this server from a faulty one. */
const maxFollows = 100;

/** The logs that one session follows; following ends with the session. */
export class LogFollows {
  readonly #engine: Engine;
  readonly #policy: Policy;
  readonly #send: (message: AgentMessage) => void;
  readonly #follows = new Map<string, LogFollow>();

  constructor(engine: Engine, policy: Policy, send: (message: AgentMessage) => void) {
    this.#engine = engine;
    this.#policy = policy;
    this.#send = send;
  }

  start({ followId, containerName, tail, since, credit }: LogStart): void {
    this.stop(followId);
    const end = (error: string | null) => {
      this.#follows.delete(followId);
      this.#send({ kind: "log", followId, lines: [], end: true, error });
    };
    const forbidden = logRefusal(this.#policy, containerName);
    const tooMany = this.#follows.size >= maxFollows;
    if (forbidden !== null || tooMany) {
      end(forbidden ?? `This server follows ${maxFollows} logs already: close some of them.`);
      return;
    }
    const refusal: LogRange["refusal"] = (labels) =>
      labelRefusal(this.#policy, containerName, labels);
    const range = { containerName, tail, since, refusal };
    const follow = new LogFollow(this.#engine, range, credit, {
      lines: (lines) => this.#send({ kind: "log", followId, lines, end: false, error: null }),
      ended: (error) =>
        end(error === null ? null : engineMessage(logFailure(error, containerName))),
    });
    this.#follows.set(followId, follow);
  }

  addCredit(followId: string, lines: number): void {
    this.#follows.get(followId)?.addCredit(lines);
  }

  stop(followId: string): void {
    this.#follows.get(followId)?.stop();
    this.#follows.delete(followId);
  }

  stopAll(): void {
    for (const followId of [...this.#follows.keys()]) this.stop(followId);
  }
}
