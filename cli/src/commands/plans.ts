import type { Command } from "commander";
import { sendOnce } from "../connection/send-once.ts";
import { exit, Failure } from "../exit.ts";
import type { Plan } from "../find/resources.ts";
import { planExitCode } from "../plans/exit-code.ts";
import { followToEnd } from "../plans/follow.ts";
import { news, outcome, planTarget } from "../plans/progress.ts";
import { pausedText } from "../plans/rollout.ts";
import { type Common, common, type Making, type Speaking, speak } from "./command.ts";
import { waitOf, waitOrLeave } from "./deploy.ts";

/** The commands that have to do with a plan that there is. */
export function addPlans(program: Command, { io, endWith }: Making): void {
  const takesPlan = (name: string) =>
    common(program.command(name).argument("<plan>", "its id, or `latest`"));

  takesPlan("plan")
    .description("Show a deployment plan, or follow it to its end")
    .option("-f, --follow", "follow it until it has ended; the exit code is that of a deploy")
    .action(async (id: string, options: Common & { follow?: boolean }) => {
      const speaking = speak(options, io);
      const plan = await planOf(speaking, id);
      if (options.follow) {
        if (plan.status === "pending") {
          throw new Failure("This plan waits to be executed, so there is nothing to follow yet.");
        }
        const { status } = await followToEnd(speaking, plan, { pausedToo: true });
        return endWith(planExitCode(status));
      }
      const lines = [
        `Plan ${plan.id}: ${planTarget(plan)}`,
        `By ${plan.triggeredBy} (${plan.triggerType.replaceAll("_", " ")}), ${plan.createdAt}`,
        ...news(null, plan),
        ...(plan.completedAt || plan.status === "paused"
          ? [outcome(plan)]
          : [`Status: ${plan.status}`]),
      ];
      speaking.say({ plan }, lines.join("\n"));
    });

  takesPlan("rollback")
    .description("Put back everything that an ended or paused plan changed, and wait for the end")
    .option("--no-wait", "return as soon as it has begun")
    .action(async (id: string, options: Common & { wait: boolean }) => {
      const speaking = speak(options, io);
      const path = { id: (await planOf(speaking, id)).id };
      const { plan } = await sendOnce((idempotencyKey) =>
        speaking.client.post("/api/deployment-plans/{id}/rollback", { path, idempotencyKey }),
      );
      await waitOrLeave(speaking, plan, options.wait, endWith, "rolled_back");
    });

  takesPlan("pause")
    .description("Pause a plan: nothing new starts until it is resumed, what is under way finishes")
    .option("-r, --reason <text>", "why; shown to everybody who looks at it")
    .action(async (id: string, options: Common & { reason?: string }) => {
      const speaking = speak(options, io);
      const path = { id: (await planOf(speaking, id)).id };
      const body = options.reason === undefined ? {} : { reason: options.reason };
      const { plan } = await sendOnce((idempotencyKey) =>
        speaking.client.post("/api/deployment-plans/{id}/pause", { path, body, idempotencyKey }),
      );
      speaking.say({ plan }, pausedText(plan));
    });

  takesPlan("resume")
    .description("Let a paused plan go on, and wait for its end or its next pause")
    .option(
      "--wait",
      "wait for the end and say it with the exit code; also while it is paused",
      true,
    )
    .option("--no-wait", "return as soon as it goes on")
    .action(async (id: string, options: Common & { wait: boolean }, command: Command) => {
      const speaking = speak(options, io);
      const path = { id: (await planOf(speaking, id)).id };
      const { plan } = await sendOnce((idempotencyKey) =>
        speaking.client.post("/api/deployment-plans/{id}/resume", { path, idempotencyKey }),
      );
      await waitOrLeave(speaking, plan, waitOf(command, options), endWith);
    });

  takesPlan("cancel")
    .description("Cancel a plan: nothing new starts, what is under way finishes")
    .option("--no-wait", "return as soon as it is asked for")
    .action(async (id: string, options: Common & { wait: boolean }) => {
      const speaking = speak(options, io);
      const path = { id: (await planOf(speaking, id)).id };
      const { plan } = await sendOnce((idempotencyKey) =>
        speaking.client.post("/api/deployment-plans/{id}/cancel", { path, idempotencyKey }),
      );
      if (options.wait && plan.status !== "cancelled") {
        return waitOrLeave(speaking, plan, true, endWith, "cancelled");
      }
      speaking.say(
        { plan },
        plan.status === "cancelled" ? outcome(plan) : "It is being cancelled.",
      );
      endWith(exit.ok);
    });
}

/** @throws {Failure} for `latest` where there is none, {ApiProblem} 404 for an unknown id */
export async function planOf({ client, environment }: Speaking, text: string): Promise<Plan> {
  if (text !== "latest") {
    return (await client.get("/api/deployment-plans/{id}", { path: { id: text } })).plan;
  }
  const env = await environment();
  const { plans } = await client.get("/api/environments/{envId}/deployment-plans", {
    path: { envId: env.id },
    query: { limit: 1 },
  });
  const [plan] = plans;
  if (!plan) throw new Failure(`There is no plan in ${env.name} yet.`);
  return plan;
}
