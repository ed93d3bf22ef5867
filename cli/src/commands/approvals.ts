import type { Command } from "commander";
import { exit } from "../exit.ts";
import { approvalText } from "../plans/approval.ts";
import { printable } from "../terminal/text.ts";
import { type Common, common, type Making, speak } from "./command.ts";
import { waitOrLeave } from "./deploy.ts";
import { planOf } from "./plans.ts";

/** Deciding on plans that wait for approval. */
export function addApprovals(program: Command, { io, endWith }: Making): void {
  common(program.command("approve").argument("<plan>", "its id, or `latest`"))
    .description("Approve another person's plan; the last approval that it needs starts it")
    .option("-m, --comment <text>", "kept with the approval, and shown in the receipt")
    .option("--wait", "where it starts, wait for its end and say that with the exit code")
    .action(async (id: string, options: Common & { comment?: string; wait?: boolean }) => {
      const speaking = speak(options, io);
      const path = { id: (await planOf(speaking, id)).id };
      const body = options.comment === undefined ? {} : { comment: options.comment };
      const { plan } = await speaking.client.post("/api/deployment-plans/{id}/approve", {
        path,
        body,
      });
      if (plan.status === "waiting_for_approval") {
        speaking.say({ plan }, `Approved. ${approvalText(plan)}`);
        return endWith(exit.ok);
      }
      await waitOrLeave(speaking, plan, options.wait ?? false, endWith);
    });

  common(program.command("reject").argument("<plan>", "its id, or `latest`"))
    .description("Reject another person's plan that waits for approval: it is cancelled")
    .requiredOption("-r, --reason <text>", "why; the plan shows it")
    .action(async (id: string, options: Common & { reason: string }) => {
      const speaking = speak(options, io);
      const path = { id: (await planOf(speaking, id)).id };
      const { plan } = await speaking.client.post("/api/deployment-plans/{id}/reject", {
        path,
        body: { reason: options.reason },
      });
      speaking.say({ plan }, printable(plan.error ?? "It is cancelled."));
      endWith(exit.ok);
    });
}
