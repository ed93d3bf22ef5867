import type { Answer } from "@bridgeport/client";
import type { Command } from "commander";
import { sendOnce } from "../connection/send-once.ts";
import { Failure } from "../exit.ts";
import { findEnvironment, findImage } from "../find/resources.ts";
import { dryRunText } from "../plans/dry-run.ts";
import { addRolloutOptions, type RolloutOptions, rolloutOf } from "../plans/rollout.ts";
import { printable } from "../terminal/text.ts";
import { period } from "../terminal/units.ts";
import { type Common, common, type Making, speak } from "./command.ts";
import { waitOf, waitOrLeave } from "./deploy.ts";

interface PromoteOptions extends Common, RolloutOptions {
  image?: string[];
  healthyFor?: string;
  wait: boolean;
  dryRun?: boolean;
}

type Promoted = Answer<"post", "/api/environments/{envId}/promote">;

/** Deploying what another environment runs. */
export function addPromote(program: Command, { io, endWith }: Making): void {
  const promote = common(
    program.command("promote").argument("<environment>", "the one that is promoted from"),
  )
    .description("Deploy exactly the digests that another environment runs, and wait for the end")
    .option("-i, --image <image...>", "only these images")
    .option("--healthy-for <period>", "only what was healthy there for so long, such as 30m or 12h")
    .option(
      "--wait",
      "wait for the end and say it with the exit code; also for approval and while it is paused",
      true,
    )
    .option("--no-wait", "return as soon as the plan runs")
    .option("--dry-run", "show what would be done, and change nothing");
  addRolloutOptions(promote).action(
    async (text: string, options: PromoteOptions, command: Command) => {
      const speaking = speak(options, io);
      const { client } = speaking;
      const rollout = rolloutOf(options);
      const env = await speaking.environment();
      const from = await findEnvironment(client, text, io, null);
      const images = [];
      for (const name of options.image ?? []) images.push(await findImage(client, env, name));
      const body = {
        fromEnvironmentId: from.id,
        ...(images.length > 0 ? { containerImageIds: images.map(({ id }) => id) } : {}),
        ...(options.healthyFor ? { healthyForMs: healthyFor(options.healthyFor) } : {}),
        ...(rollout === null ? {} : { rollout }),
        ...(options.dryRun ? { execute: false } : {}),
      };
      const promoted = await sendOnce((idempotencyKey) =>
        client.post("/api/environments/{envId}/promote", {
          path: { envId: env.id },
          body,
          idempotencyKey,
        }),
      );
      for (const line of leftOutLines(promoted)) io.err(`${line}\n`);
      const { plan } = promoted;
      if (!options.dryRun) {
        return await waitOrLeave(speaking, plan, waitOf(command, options), endWith);
      }
      const path = { id: plan.id };
      try {
        const looked = await client.post("/api/deployment-plans/{id}/execute", {
          path,
          query: { dryRun: "true" },
        });
        speaking.say({ ...promoted, ...looked }, dryRunText(looked, speaking.paint));
      } finally {
        await client.post("/api/deployment-plans/{id}/cancel", { path });
      }
    },
  );
}

/** Images of the other environment that are not part of it. */
function leftOutLines({ leftOut }: Promoted): string[] {
  return leftOut.map(
    ({ image, reason }) => `Not promoted: ${printable(image.imageName)}: ${printable(reason)}`,
  );
}

function healthyFor(text: string): number {
  const ms = period(text);
  if (ms !== null) return ms;
  throw new Failure(`--healthy-for takes a period such as 30m, 12h or 7d, not "${text}".`);
}
