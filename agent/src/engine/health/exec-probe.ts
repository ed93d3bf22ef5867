import type { Readable } from "node:stream";
import { type Engine, engineMessage } from "../client.ts";
import type { ContainerWatch } from "../container/watch.ts";
import { LogLineParser } from "../logs/log-lines.ts";

export interface ExecProbe {
  /** null: it did not end in time, or could not be started */
  exitCode: number | null;
  /** the last of what it wrote, or why it could not be run */
  output: string;
  /** Resolves when the command is over, which may be later than the probe. */
  over: Promise<unknown>;
}

const eventGraceMs = 500;
const outputLimit = 64 * 1024;
const shownLimit = 500;

/** Runs a container's health check once, as its user and with its environment. Waits at most `timeoutMs`. */
export async function probeByExec(
  engine: Engine,
  containerId: string,
  command: string[],
  timeoutMs: number,
  watch: ContainerWatch,
): Promise<ExecProbe> {
  let stream: Readable;
  let execId: string;
  try {
    const exec = await engine.docker
      .getContainer(containerId)
      .exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
    execId = exec.id;
    stream = await exec.start({ hijack: false, stdin: false });
  } catch (error) {
    // Such as a container that is just being stopped: its own event says so.
    return { exitCode: null, output: engineMessage(error), over: Promise.resolve() };
  }
  // Read from the start: output that is not read would block the command.
  const output = collect(stream);
  const over = Promise.race([
    watch.execEnd(execId),
    output.then(() => endByInspection(engine, execId)),
  ]);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), timeoutMs);
  });
  const end = await Promise.race([over, watch.verdict.then(() => "late" as const), late]);
  clearTimeout(timer);
  if (end === "late") {
    stream.destroy();
    return { exitCode: null, output: `it took longer than ${timeoutMs} ms`, over };
  }
  return { exitCode: end, output: await output, over };
}

/** For an engine that does not tell: its event comes with the end of the output, or never. */
async function endByInspection(engine: Engine, execId: string): Promise<number | null> {
  // Doubling from half a second: more than an hour in all.
  for (let attempt = 0; attempt < 13; attempt += 1) {
    const delay = eventGraceMs * 2 ** attempt;
    await new Promise((resolve) => setTimeout(resolve, delay));
    const state = await engine.docker
      .getExec(execId)
      .inspect()
      .catch(() => null);
    if (state === null) return null;
    if (!state.Running) return state.ExitCode;
  }
  return null;
}

/** The text of an exec's output, shortened to its end. */
async function collect(stream: Readable): Promise<string> {
  const parser = new LogLineParser({ tty: false, stamped: false });
  const lines: string[] = [];
  let bytes = 0;
  try {
    for await (const piece of stream) {
      const chunk = piece as Buffer;
      bytes += chunk.length;
      if (bytes > outputLimit) continue;
      lines.push(...parser.push(chunk).map(({ text }) => text));
    }
  } catch {
    // The stream of a command that is given up on is cut off.
  }
  lines.push(...parser.end().map(({ text }) => text));
  return lines.join("\n").trim().slice(-shownLimit);
}
