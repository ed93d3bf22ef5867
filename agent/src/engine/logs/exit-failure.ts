import type { FailureCode } from "@bridgeport/proto";
import { CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import type { ContainerInspection } from "../inspection.ts";
import { LogLineParser } from "./log-lines.ts";

const tailLines = 20;
const lineLength = 2_000;

/** A failure of a container that was started and no longer runs: with its exit code and last log lines. */
export async function exitFailure(
  engine: Engine,
  container: ContainerInspection,
  code: FailureCode,
  sentence: string,
): Promise<CommandFailure> {
  const started = startedOnce(container);
  return new CommandFailure(code, sentence, {
    exitCode: started ? container.State.ExitCode : null,
    logLines: started ? await lastLogLines(engine, container) : [],
  });
}

function startedOnce(container: ContainerInspection): boolean {
  return Date.parse(container.State.StartedAt) > 0;
}

/** The last lines that a container wrote, of both streams; none where its log driver keeps none. */
export async function lastLogLines(
  engine: Engine,
  container: Pick<ContainerInspection, "Id" | "Config">,
  count = tailLines,
): Promise<string[]> {
  try {
    const output = await engine.docker.getContainer(container.Id).logs({
      stdout: true,
      stderr: true,
      timestamps: true,
      tail: count,
    });
    const parser = new LogLineParser({ tty: container.Config.Tty === true, stamped: true });
    return [...parser.push(output), ...parser.end()]
      .map(({ text }) => text.slice(0, lineLength))
      .filter((text) => text !== "")
      .slice(-count);
  } catch {
    return [];
  }
}
