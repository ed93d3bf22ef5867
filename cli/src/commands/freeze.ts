import type { Command } from "commander";
import { Failure } from "../exit.ts";
import { printable } from "../terminal/text.ts";
import { type Common, common, type Making, speak } from "./command.ts";

interface Where extends Common {
  all?: boolean;
}

/** Times in which nothing is deployed. */
export function addFreeze(program: Command, { io }: Making): void {
  const all = "all environments, not one";

  common(program.command("freeze"))
    .description("Let nothing be deployed until a time; rolling back stays possible")
    .requiredOption("--until <time>", "ISO 8601, such as 2030-01-31T18:00:00+01:00")
    .requiredOption("--reason <text>", "shown to everybody who is refused")
    .option("-a, --all", all)
    .action(async (options: Where & { until: string; reason: string }) => {
      const { client, environment, say } = speak(options, io);
      const body = { until: instantOf(options.until), reason: options.reason };
      if (options.all) {
        const answer = await client.put("/api/freeze", { body });
        return say(answer, `All environments are frozen until ${answer.freeze?.until}.`);
      }
      const env = await environment();
      const path = { envId: env.id };
      const answer = await client.put("/api/environments/{envId}/freeze", { path, body });
      say(answer, `${printable(env.name)} is frozen until ${answer.freeze?.until}.`);
    });

  common(program.command("unfreeze"))
    .description("End a freeze before its time")
    .option("-a, --all", all)
    .action(async (options: Where) => {
      const { client, environment, say } = speak(options, io);
      if (options.all) {
        const answer = await client.delete("/api/freeze", {});
        return say(answer, "The freeze of all environments has ended.");
      }
      const env = await environment();
      const path = { envId: env.id };
      const answer = await client.delete("/api/environments/{envId}/freeze", { path });
      const left = answer.freeze
        ? ` All environments are frozen still, until ${answer.freeze.until}.`
        : "";
      say(answer, `The freeze of ${printable(env.name)} has ended.${left}`);
    });
}

/** @throws {Failure} for a time that does not say of which zone it is */
function instantOf(text: string): string {
  if (/(?:Z|[+-]\d\d:?\d\d)$/i.test(text) && !Number.isNaN(Date.parse(text))) {
    return new Date(text).toISOString();
  }
  throw new Failure(
    `--until ${text}: give a time with its offset, such as 2030-01-31T18:00:00+01:00 or 2030-01-31T17:00:00Z.`,
  );
}
