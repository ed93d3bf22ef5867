import { type Engine, openStream } from "../client.ts";
import { type ContainerInspection, healthOf, inspectContainer } from "../inspection.ts";
import { requestLimits } from "../limits.ts";
import { keepOpen, type OpenedStream } from "../reopen.ts";

/** What of a container's life decides about its health. */
export type Verdict =
  | { kind: "healthy" | "unhealthy" | "removed" }
  | { kind: "died"; exitCode: number | null }
  /** the engine has been away for a while */
  | { kind: "lost" };

/** Events of one container, from the moment that the watch was opened. */
export interface ContainerWatch {
  /** the first of these things to happen */
  readonly verdict: Promise<Verdict>;
  /** Resolves with the exit code of an exec. */
  execEnd(execId: string): Promise<number | null>;
  /** Tells how the container was when it was looked at: whatever differs later has happened since. */
  saw(container: ContainerInspection): void;
  close(): void;
}

interface RawEvent {
  Action?: string;
  Actor?: { Attributes?: Record<string, string> };
}

/**
 * Opens the engine's events for one container. When it resolves, nothing later is missed: where the
 * stream is cut, as proxies do with what was silent for a while, it is opened again, and a look at
 * the container tells what happened in between.
 */
export async function watchContainer(engine: Engine, id: string): Promise<ContainerWatch> {
  const watch = new Watch(engine, id);
  await watch.open();
  return {
    verdict: watch.verdict,
    execEnd: (execId) => watch.execEnd(execId),
    saw: (container) => watch.saw(container),
    close: () => watch.close(),
  };
}

/** What Podman calls the end of a container. Of an exec it does not tell which one it was. */
const podman = ["remove"];

class Watch {
  readonly verdict: Promise<Verdict>;
  readonly #engine: Engine;
  readonly #id: string;
  readonly #closed = new AbortController();
  readonly #execEnds = new Map<string, number | null>();
  readonly #waiting = new Map<string, (exitCode: number | null) => void>();
  #decide: (verdict: Verdict) => void = () => undefined;
  #before: ContainerInspection | null = null;

  constructor(engine: Engine, id: string) {
    this.#engine = engine;
    this.#id = id;
    this.verdict = new Promise((resolve) => {
      this.#decide = resolve;
    });
  }

  async open(): Promise<void> {
    const again = async (): Promise<OpenedStream> => {
      const stream = await this.#openStream();
      try {
        await this.#lookAgain();
      } catch (error) {
        stream.close();
        throw error;
      }
      return stream;
    };
    keepOpen(await this.#openStream(), again, this.#closed.signal).catch(() => {
      this.#decide({ kind: "lost" });
    });
  }

  saw(container: ContainerInspection): void {
    this.#before = container;
  }

  execEnd(execId: string): Promise<number | null> {
    const known = this.#execEnds.get(execId);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => this.#waiting.set(execId, resolve));
  }

  close(): void {
    this.#closed.abort();
  }

  async #openStream(): Promise<OpenedStream & { close(): void }> {
    const filters = JSON.stringify({
      type: ["container"],
      container: [this.#id],
      event: ["die", "destroy", "health_status", "exec_die", ...podman],
    });
    const stream = await openStream(this.#engine, "/events", { filters }, this.#closed.signal);
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
    });
    // The engine itself never finishes this one.
    const over = new Promise<"cut">((resolve) => {
      for (const end of ["end", "close", "error"]) stream.once(end, () => resolve("cut"));
    });
    return { over, close: () => stream.destroy() };
  }

  /** What happened while there were no events, as far as it decides something. */
  async #lookAgain(): Promise<void> {
    const now = await inspectContainer(this.#engine, this.#id);
    if (now === null) {
      this.#decide({ kind: "removed" });
      return;
    }
    const { State: state } = now;
    const runs = state.Running && !state.Restarting;
    if (runs && isSameRun(this.#before, now)) {
      this.saw(now);
      const health = healthOf(now);
      if (health === "healthy" || health === "unhealthy") this.#decide({ kind: health });
    } else if (hasRun(now)) {
      // The code is the last end's; of a container that runs again only the engine's events tell it.
      this.#decide({ kind: "died", exitCode: runs ? null : state.ExitCode });
    }
  }

  #take(line: string): void {
    const event = parse(line);
    const attributes = event?.Actor?.Attributes ?? {};
    switch (event?.Action) {
      case "die":
        this.#decide({ kind: "died", exitCode: numberOf(attributes.exitCode) });
        return;
      case "destroy":
      case "remove":
        this.#decide({ kind: "removed" });
        return;
      case "health_status: healthy":
        this.#decide({ kind: "healthy" });
        return;
      case "health_status: unhealthy":
        this.#decide({ kind: "unhealthy" });
        return;
      case "exec_die": {
        const { execID: execId = "" } = attributes;
        const exitCode = numberOf(attributes.exitCode);
        this.#execEnds.set(execId, exitCode);
        this.#waiting.get(execId)?.(exitCode);
      }
    }
  }
}

function hasRun({ State: state }: ContainerInspection): boolean {
  return Date.parse(state.StartedAt) > 0;
}

/** Whether a container that runs has not ended since it was looked at before. */
function isSameRun(before: ContainerInspection | null, now: ContainerInspection): boolean {
  if (before === null) return now.RestartCount === 0;
  if (before.RestartCount !== now.RestartCount) return false;
  return !hasRun(before) || before.State.StartedAt === now.State.StartedAt;
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
    const filters = { type: ["container"], container: [id], event: ["die"] };
    const query = { since: 1, until, filters: JSON.stringify(filters) };
    const signal = AbortSignal.timeout(requestLimits.look);
    const stream = await openStream(engine, "/events", query, signal);
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
