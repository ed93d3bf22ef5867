import type { SealedHook, SealedHooks } from "../hooks/hook.ts";
import type { HookBody } from "./hook.ts";

/** How many requests a call is made of at most, whatever answers and whoever dies. */
export const mostAttempts = 5;
/** A replica that has taken a call says so often that the others take it over after this time at the latest. */
export const leaseMs = 15_000;

/** A step as a plan is built of it. */
export interface HookStep {
  level: 0;
  action: "hook";
  servicePosition: null;
  targetPosition: null;
  serverId: null;
  serverName: "";
  targetDigest: null;
  previousDigest: null;
  timeoutMs: number;
  commandId: string;
  body: HookBody;
  registryId: null;
}

/** What is secret of a plan's hooks. */
export interface PlanHook {
  number: number;
  request: Buffer;
}

/** The steps that call hooks, before everything else and after it, and what those hooks are. */
export function hookSteps(
  hooks: SealedHooks | undefined,
  newId: () => string,
): { before: HookStep[]; after: HookStep[]; hooks: PlanHook[] } {
  const { before, after } = hooks ?? { before: [], after: [] };
  const all = [...before, ...after];
  const steps = all.map(({ name, method, url, timeoutMs }: SealedHook, number): HookStep => {
    const moment = number < before.length ? "before" : "after";
    return {
      ...{ level: 0, action: "hook", servicePosition: null, targetPosition: null },
      ...{ serverId: null, serverName: "", targetDigest: null, previousDigest: null },
      // Also when it has to be taken over: from then on it has its whole time again.
      timeoutMs: 2 * (timeoutMs + leaseMs),
      commandId: newId(),
      body: { kind: "hook", number, moment, name, method, url, timeoutMs },
      registryId: null,
    };
  });
  return {
    before: steps.slice(0, before.length),
    after: steps.slice(before.length),
    hooks: all.map(({ request }, number) => ({ number, request })),
  };
}
