import type { Command } from "commander";
import { wayTo } from "../connection/way.ts";
import { exit, Failure } from "../exit.ts";
import { findService } from "../find/resources.ts";
import { followLogs } from "../logs/follow-logs.ts";
import { LineJoin, type LogLine } from "../logs/line-join.ts";
import { printableLogLine } from "../terminal/text.ts";
import { type Common, common, type Making, speak } from "./command.ts";
import { limitOf } from "./lists.ts";

interface LogOptions extends Common {
  follow?: boolean;
  limit: string;
  since?: string;
  timestamps?: boolean;
}

export function addLogs(program: Command, { io, endWith }: Making): void {
  common(program.command("logs").argument("<service>", "name, or server/name"))
    .description("Print the log of a service's container")
    .option("-f, --follow", "go on with new lines until Ctrl-C or the container's end")
    .option("-n, --limit <count>", "how many of the last lines", "100")
    .option("--since <time>", "only lines after a time such as 2026-01-31T12:00:00Z")
    .option("--timestamps", "begin each line with its time")
    .action(async (text: string, options: LogOptions) => {
      const speaking = speak(options, io);
      const { client, target } = speaking;
      const service = await findService(client, await speaking.environment(), text);
      const onTerminal = io.terminal() !== null;
      const since = sinceOf(options.since);
      const join = new LineJoin(since);
      const print = (batch: LogLine[], first: boolean) => {
        for (const line of join.next(batch, first)) {
          if (options.json) {
            io.out(`${JSON.stringify(line)}\n`);
            continue;
          }
          const shown = onTerminal ? printableLogLine(line.text) : line.text;
          const stamped = options.timestamps ? `${line.at} ${shown}` : shown;
          io.raw(`${stamped}\n`, line.stream);
        }
      };
      const { lines } = await client.get("/api/services/{id}/logs", {
        path: { id: service.id },
        query: {
          tail: limitOf(options.limit, 5000),
          ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
        },
      });
      print(lines, true);
      if (!options.follow) return;
      const listener = {
        lines: print,
        lost: (why: string) => io.err(`The connection was lost (${why}); opening it again.\n`),
      };
      const { agent } = wayTo(target.url, { ca: target.ca, env: io.env });
      const at = { url: client.url, token: target.token ?? "", agent };
      await io.interruptible(async (signal) => {
        await followLogs(at, service.id, listener, signal);
        if (signal.aborted) endWith(exit.interrupted);
        else io.err("The container's output has ended.\n");
      });
    });
}

/** In milliseconds. */
function sinceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  if (Number.isNaN(time)) {
    throw new Failure(`--since takes a time such as 2026-01-31T12:00:00Z, not "${text}".`);
  }
  return time;
}
