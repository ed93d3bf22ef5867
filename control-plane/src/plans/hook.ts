import type { CommandBody } from "@bridgeport/proto";
import type { Hook, Moment } from "../hooks/hook.ts";
import type { Soak } from "./rollout.ts";
import type { PlanStatus } from "./statuses.ts";

/* The words of a plan's hooks: a step for each call. */

/** In the place of a command: what the step calls. What is secret of it is in plan_hooks. */
export interface HookBody extends Pick<Hook, "name" | "method" | "timeoutMs"> {
  kind: "hook";
  /** which of the plan's hooks it is, from 0 */
  number: number;
  moment: Moment;
  /** without its query */
  url: string;
}

/** What a step has done: by an agent, or by us. */
export type StepBody = CommandBody | HookBody | Soak;

/** Whether a step calls a hook that is told how the plan ends. */
export function callsAfter({ action, body }: { action: string; body: StepBody }): boolean {
  return action === "hook" && body.kind === "hook" && body.moment === "after";
}

/** How the plan stands when the hook is called, or is about to end. */
export interface Told {
  status: PlanStatus;
  /** the reason, of a plan that does not end well */
  error: string | null;
}

/** What became of the call. */
export interface HookOutcome {
  ok: boolean;
  /** of an HTTP answer; null: there was none */
  status: number | null;
  /** the first 2000 characters of the answer */
  text: string;
  ms: number;
  /** a sentence; null: it was taken */
  error: string | null;
}

/** Exists once the step is started. */
export interface HookCall {
  told: Told;
  /** how many requests were begun */
  attempts: number;
  /** null: nobody knows yet */
  outcome: HookOutcome | null;
}
