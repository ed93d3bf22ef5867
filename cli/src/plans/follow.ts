import { followPlan, type Plan } from "@bridgeport/client";
import type { Speaking } from "../commands/command.ts";
import { explain } from "../connection/explain.ts";
import { exit, Failure } from "../exit.ts";
import { printable } from "../terminal/text.ts";
import { LiveView } from "./live-view.ts";
import { news, outcome, planLines, planTarget } from "./progress.ts";
import { pausedText } from "./rollout.ts";

const redrawMs = 200;

/**
 * Follows a plan until it has ended or, where a pause is not waited for, is paused, and shows how it goes: a live
 * view on a terminal, a line for each change elsewhere, and the plan at the end with --json, where the lines go to
 * stderr.
 * @throws {Failure} with 130 after Ctrl-C: the plan goes on, and what to do about it is said
 */
export function followToEnd(
  speaking: Speaking,
  plan: Plan,
  { pausedToo }: { pausedToo: boolean },
): Promise<Plan> {
  return speaking.io.interruptible((signal) => follow(speaking, plan, pausedToo, signal));
}

async function follow(
  speaking: Speaking,
  plan: Plan,
  pausedToo: boolean,
  signal: AbortSignal,
): Promise<Plan> {
  const { io, client, json } = speaking;
  const size = json ? null : io.terminal();
  const line = (text: string) => (json ? io.err : io.out)(`${text}\n`);
  const view = size ? new LiveView(io) : null;
  let newest: Plan | null = null;
  const draw = () => {
    const now = io.terminal();
    if (!view || !newest || !now) return;
    view.show(planLines(newest, { ...now, now: speaking.clock.now(), paint: speaking.paint }));
  };
  if (!view) line(`Plan ${plan.id}: ${planTarget(plan)}`);
  const redrawing = view ? setInterval(draw, redrawMs) : undefined;
  let lost = false;
  try {
    const follows = followPlan(client, plan.id, {
      signal,
      onLost(problem) {
        if (lost) return;
        lost = true;
        const text = `${explain(problem)} The plan goes on; trying to follow it again.`;
        if (view) view.note(printable(text));
        else line(text);
      },
    });
    for await (const state of follows) {
      lost = false;
      if (!view) for (const text of news(newest, state)) line(text);
      const pauses = state.status === "paused" && newest?.status !== "paused";
      newest = state;
      draw();
      if (!pauses) continue;
      if (!pausedToo) break;
      const text = pausedText(state);
      if (view) view.note(text);
      else io.err(`${text}\n`);
    }
  } catch (error) {
    if (signal.aborted) throw left(plan, "The plan goes on without you.", exit.interrupted);
    throw left(plan, `${explain(error)}\nThe plan goes on all the same.`, exit.other, error);
  } finally {
    clearInterval(redrawing);
  }
  const ended = newest ?? plan;
  speaking.say({ plan: ended }, outcome(ended));
  return ended;
}

/** The end of the command and not of the plan. */
function left({ id }: Plan, why: string, code: number, cause?: unknown): Failure {
  return new Failure(
    `${why}\nFollow it again: bridgeport plan ${id} --follow\nCancel it:       bridgeport cancel ${id}`,
    code,
    { cause },
  );
}
