import type { Readable } from "node:stream";
import type { Engine } from "../client.ts";
import type { ContainerInspection } from "../inspection.ts";

/** What of a container's life decides about its health. */
export type Verdict =
  | { kind: "healthy" | "unhealthy" | "removed" }
  | { kind: "died"; exitCode: number | null }
  /** the engine tells no more: it is gone, or shuts down */
  | { kind: "lost" };

/** Events of one container, from the moment that the watch was opened. */
export interface ContainerWatch {
  /** the first of these things to happen */
  readonly verdict: Promise<Verdict>;
  /** Resolves with the exit code of an exec. */
  execEnd(execId: string): Promise<number | null>;
  close(): void;
}

interface RawEvent {
  Action?: string;
  Actor?: { Attributes?: Record<string, string> };
}

/** Opens the engine's events for one container. When it resolves, nothing later is missed. */
export async function watchContainer(engine: Engine, id: string): Promise<ContainerWatch> {
  const stream = (await engine.docker.getEvents({
    filters: {
      type: ["container"],
      container: [id],
      event: ["die", "destroy", "health_status", "exec_die"],
    },
  })) as Readable;
  let decide: (verdict: Verdict) => void = () => undefined;
  const verdict = new Promise<Verdict>((resolve) => {
    decide = resolve;
  });
  const ended = new Map<string, number | null>();
  const waiting = new Map<string, (exitCode: number | null) => void>();

  const take = (line: string): void => {
    const event = parse(line);
    const attributes = event?.Actor?.Attributes ?? {};
    switch (event?.Action) {
      case "die":
        decide({ kind: "died", exitCode: numberOf(attributes.exitCode) });
        return;
      case "destroy":
        decide({ kind: "removed" });
        return;
      case "health_status: healthy":
        decide({ kind: "healthy" });
        return;
      case "health_status: unhealthy":
        decide({ kind: "unhealthy" });
        return;
      case "exec_die": {
        const { execID: execId = "" } = attributes;
        const exitCode = numberOf(attributes.exitCode);
        ended.set(execId, exitCode);
        waiting.get(execId)?.(exitCode);
      }
    }
  };
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
  for (const end of ["end", "close", "error"]) stream.once(end, () => decide({ kind: "lost" }));

  return {
    verdict,
    execEnd: (execId) =>
      ended.has(execId)
        ? Promise.resolve(ended.get(execId) ?? null)
        : new Promise((resolve) => waiting.set(execId, resolve)),
    close: () => stream.destroy(),
  };
}

/**
 * How a container that runs again had ended before, which only the engine's memory of its own
 * events tells: the state of one that runs says 0. Null where that does not reach back so far.
 */
export async function lastExitCode(
  engine: Engine,
  { Id: id, State: state }: Pick<ContainerInspection, "Id" | "State">,
): Promise<number | null> {
  // What is over by the engine's own clock, so that it ends its answer.
  const until = Date.parse(state.StartedAt) / 1000;
  try {
    const stream = await engine.docker.getEvents({
      since: 1,
      until,
      filters: { type: ["container"], container: [id], event: ["die"] },
    });
    let text = "";
    for await (const chunk of stream) text += String(chunk);
    const last = text.trimEnd().split("\n").at(-1) ?? "";
    return numberOf(parse(last)?.Actor?.Attributes?.exitCode);
  } catch {
    return null;
  }
}

function parse(line: string): RawEvent | null {
  if (line.trim() === "") return null;
  try {
    return JSON.parse(line) as RawEvent;
  } catch {
    return null;
  }
}

function numberOf(text: string | undefined): number | null {
  const value = Number(text);
  return text === undefined || text === "" || Number.isNaN(value) ? null : value;
}
