import { type JobCommand, type JobResult, jobName, labels, limits } from "@bridgeport/proto";
import { CommandAborted, type CommandContext, CommandFailure } from "../../command.ts";
import { within } from "../../within.ts";
import { type Engine, engineErrorKind, engineMessage } from "../client.ts";
import {
  createContainer,
  removeContainer,
  signalContainer,
  startContainer,
  stopContainer,
} from "../container/steps.ts";
import { abortFailure, endOf, failureOf } from "../failure.ts";
import {
  type ContainerInspection,
  inspectContainer,
  inspectNamed,
  stopLimitMs,
} from "../inspection.ts";
import { lastLogLines } from "../logs/exit-failure.ts";
import { LogFollow } from "../logs/logs.ts";
import { hasRun } from "../replacement/unsigned.ts";
import type { IsSelf } from "../self.ts";
import { untilEnded } from "./ending.ts";
import { LiveOutput } from "./output.ts";
import { type JobEnd, readJob, type StartedJob, type StopReason } from "./phases.ts";
import { planJob } from "./plan.ts";

/** Lines of the result. */
const resultLines = 100;
/** Of a job that goes on after the agent's restart, this many lines are told again. */
const linesAgain = 20;
/** What a container that has ended wrote is read to its end, unless the engine's log hangs. */
const lastOutputMs = 10_000;

/**
 * Runs a job, or goes on with it from its journal: it is started at most once, whatever dies meanwhile (see
 * phases.ts), and its container is removed when its outcome is in the journal. Throws a `CommandFailure`:
 * `exited` with the exit code where that is not 0, `timeout`, `cancelled`, or why it could not be run.
 */
export async function runJob(
  engine: Engine,
  command: JobCommand,
  context: CommandContext,
  isSelf: IsSelf,
): Promise<JobResult> {
  const job = new Job(engine, command, context, isSelf);
  try {
    return await job.run();
  } catch (error) {
    // The engine may do later what it was asked for: only a look at it tells, once it answers again.
    if (engineErrorKind(error) === "silent") {
      throw new CommandFailure("engine_unavailable", engineMessage(error), { cause: error });
    }
    throw failureOf(engine, error, "engine_error", `${job.what} could not be run`);
  }
}

class Job {
  /** begins a sentence */
  readonly what: string;
  readonly #engine: Engine;
  readonly #command: JobCommand;
  readonly #context: CommandContext;
  readonly #isSelf: IsSelf;
  readonly #name: string;

  constructor(engine: Engine, command: JobCommand, context: CommandContext, isSelf: IsSelf) {
    this.#engine = engine;
    this.#command = command;
    this.#context = context;
    this.#isSelf = isSelf;
    this.#name = jobName(command.containerName, context.commandId);
    this.what = `The job "${shortened(command.command.join(" "))}" of ${command.containerName}`;
  }

  async run(): Promise<JobResult> {
    const record = readJob(this.#context.phases);
    const started = record.started ?? (record.end === null ? await this.#create() : null);
    const end = record.end ?? (started && (await this.#carryOut(started, record.stop)));
    if (end === null) throw new Error("A job that was not started has no end.");
    if (record.end === null) await this.#context.phase("end", { ...end });
    if (started !== null) await this.#remove(started.id);
    if (end.ok) return { kind: "job", durationMs: end.durationMs, logLines: end.logLines };
    throw new CommandFailure(end.code, end.message, end);
  }

  /** Creates the container and announces its start. */
  async #create(): Promise<StartedJob> {
    const { signal, deadlineAt } = this.#context;
    const left = await inspectNamed(this.#engine, this.#name);
    if (left !== null) {
      if (left.Config.Labels?.[labels.job] !== this.#context.commandId) throw this.#nameTaken();
      // Only people can have started it: that was its one start.
      if (hasRun(left.State.StartedAt)) return await this.#announce(left.Id, "SIGTERM");
      await removeContainer(this.#engine, left.Id);
    }
    if (signal.aborted) throw abortFailure(signal, deadlineAt, this.what);
    const { next, stopSignal } = await planJob(
      this.#engine,
      this.#command,
      this.#context,
      this.#isSelf,
    );
    if (this.#context.phases.length === 0) await this.#context.phase("create");
    const id = await createContainer(this.#engine, this.#name, next);
    if (signal.aborted) {
      await removeContainer(this.#engine, id);
      throw this.#reason() ?? abortFailure(signal, deadlineAt, this.what);
    }
    return await this.#announce(id, stopSignal);
  }

  async #announce(id: string, stopSignal: string): Promise<StartedJob> {
    await this.#context.phase("start", { id, stopSignal });
    return { id, stopSignal, at: Date.now() };
  }

  /** The end of the process: the container is left as it is, for the next one. */
  #reason(): CommandAborted | null {
    const { reason } = this.#context.signal;
    return reason instanceof CommandAborted && reason.why === "shutdown" ? reason : null;
  }

  /** From the announced start to the end, which is not written down yet. */
  async #carryOut(started: StartedJob, stop: StopReason | null): Promise<JobEnd> {
    const { id, at } = started;
    const container = await inspectContainer(this.#engine, id);
    if (container === null) return this.#unknown();
    if (!hasRun(container.State.StartedAt)) {
      const why = stop ?? this.#stopReason();
      if (why !== null) return this.#stopped(why, null, []);
      const failed = await this.#start(id);
      if (failed !== null) return failed;
    }
    const ended = await this.#follow(started, stop);
    if (ended.container === null) return this.#unknown();
    const lines = await lastLogLines(this.#engine, ended.container, resultLines);
    if (ended.why !== null) return this.#stopped(ended.why, ended.container, lines);
    const { ExitCode: exitCode, OOMKilled: outOfMemory } = ended.container.State;
    if (exitCode === 0 && !outOfMemory) {
      return { ok: true, durationMs: Math.max(0, Date.now() - at), logLines: lines };
    }
    const message = `${this.what} ${endOf(ended.container)}.`;
    return { ok: false, code: "exited", message, exitCode, logLines: lines };
  }

  /** @returns how it ended, where the engine does not start it */
  async #start(id: string): Promise<JobEnd | null> {
    try {
      await startContainer(this.#engine, id);
      return null;
    } catch (error) {
      if (!["engine", "conflict", "not_found"].includes(engineErrorKind(error))) throw error;
      const container = await inspectContainer(this.#engine, id);
      if (container !== null && hasRun(container.State.StartedAt)) return null;
      const message = `${this.what} could not be started: ${engineMessage(error)}`;
      return { ok: false, code: "start_failed", message, exitCode: null, logLines: [] };
    }
  }

  /** Tells what it writes until it ends, and stops it when that is asked for or its time is over. */
  async #follow(
    { id, at, stopSignal }: StartedJob,
    stop: StopReason | null,
  ): Promise<{ container: ContainerInspection | null; why: StopReason | null }> {
    const { signal, phases } = this.#context;
    const output = new LiveOutput((text) => this.#context.progress(text));
    let outputEnded = (): void => undefined;
    const allOutput = new Promise<void>((resolve) => {
      outputEnded = resolve;
    });
    const tail = phases.length > 0 ? linesAgain : limits.logLines;
    const range = { containerName: this.#name, tail, since: null };
    const follow = new LogFollow(this.#engine, range, Infinity, {
      lines: (lines) => output.add(lines),
      ended: (error) => {
        if (error) this.#context.progress(`What it writes cannot be read: ${engineMessage(error)}`);
        outputEnded();
      },
    });
    try {
      let why = stop;
      let container: ContainerInspection | null = null;
      if (why === null) {
        const left = Math.min(at + this.#command.timeoutMs - Date.now(), this.#command.timeoutMs);
        const ended = await untilEnded(this.#engine, id, signal, left);
        if (ended.kind === "ended") container = ended.container;
        else why = ended.kind === "late" ? "timeout" : (this.#stopReason() ?? "cancelled");
        if (why !== null) await this.#context.phase("stop", { why });
      }
      if (why !== null) container = await this.#stop(id, stopSignal);
      await within(lastOutputMs, allOutput);
      return { container, why };
    } finally {
      follow.stop();
      output.end();
    }
  }

  /** Asks it to end, and kills it where it has not in its own time. */
  async #stop(id: string, stopSignal: string): Promise<ContainerInspection | null> {
    const running = await inspectContainer(this.#engine, id);
    if (running === null) return null;
    if (running.State.Running) {
      const limitMs = stopLimitMs(running.Config);
      await signalContainer(this.#engine, id, stopSignal);
      await untilEnded(this.#engine, id, new AbortController().signal, limitMs);
      await stopContainer(this.#engine, id, limitMs);
    }
    return await inspectContainer(this.#engine, id);
  }

  /** Why it is to be stopped; null: it is not. Throws when the process ends: the job goes on without it. */
  #stopReason(): StopReason | null {
    const { signal } = this.#context;
    if (!signal.aborted) return null;
    const shutdown = this.#reason();
    if (shutdown !== null) throw shutdown;
    const { reason } = signal;
    return reason instanceof CommandAborted && reason.why === "deadline" ? "timeout" : "cancelled";
  }

  #stopped(why: StopReason, container: ContainerInspection | null, logLines: string[]): JobEnd {
    const { timeoutMs } = this.#command;
    const how =
      why === "timeout"
        ? `was stopped, because it took longer than its time limit of ${Math.round(timeoutMs / 1000)} s`
        : "was cancelled";
    const when = container === null ? " before it was started" : "";
    const exitCode = container?.State.ExitCode ?? null;
    return { ok: false, code: why, message: `${this.what} ${how}${when}.`, exitCode, logLines };
  }

  #unknown(): JobEnd {
    return {
      ok: false,
      code: "exited",
      message: `${this.what} was started, but its container (${this.#name}) is no longer on this server: it is not known how it ended, and it is not run again. Look at what it has done before you deploy again.`,
      exitCode: null,
      logLines: [],
    };
  }

  #nameTaken(): CommandFailure {
    return new CommandFailure(
      "create_failed",
      `${this.what} could not be run: another container of this server is named ${this.#name}. Remove or rename that one.`,
    );
  }

  async #remove(id: string): Promise<void> {
    try {
      await removeContainer(this.#engine, id);
    } catch (error) {
      if (!["engine", "conflict"].includes(engineErrorKind(error))) throw error;
      this.#context.progress(
        `Its container ${this.#name} could not be removed, so remove it on the server: ${engineMessage(error)}`,
      );
    }
  }
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
