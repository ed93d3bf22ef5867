import { connectEngine, type Engine } from "../src/engine/client.ts";

interface Request {
  method: string;
  path: string;
}

export interface DyingEngine {
  engine: Engine;
  /** resolves when it has died */
  died: Promise<void>;
  /** paths of the requests that change something; it died at the last one */
  sent: string[];
}

/**
 * An engine for an agent that dies at its `at`th request which changes something: before the engine gets
 * the request, or before the agent gets the answer.
 */
export function dyingEngine(host: string, at: number, when: "before" | "after"): DyingEngine {
  const engine = connectEngine(host);
  const { modem } = engine.docker;
  const dial = modem.dial.bind(modem);
  const sent: string[] = [];
  let die = (): void => undefined;
  const died = new Promise<void>((resolve) => {
    die = resolve;
  });
  let dead = false;
  modem.dial = (request: Request, answer: (...args: unknown[]) => void) => {
    if (dead) return;
    const reads = ["GET", "HEAD"].includes(request.method) || request.path.includes("exec");
    const changes = !reads;
    if (!changes || sent.length + 1 < at) {
      if (changes) sent.push(request.path);
      dial(request, (...args: unknown[]) => dead || answer(...args));
      return;
    }
    sent.push(request.path);
    dead = true;
    if (when === "before") die();
    else dial(request, () => die());
  };
  return { engine, died, sent };
}
