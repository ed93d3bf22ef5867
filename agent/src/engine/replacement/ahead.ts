import { type CommandContext, CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { abortFailure } from "../failure.ts";
import { type Exchange, undoExchange } from "./exchange.ts";
import { enter } from "./phases.ts";
import type { ReplacementPlan } from "./plan.ts";

/*
 * The deploy of the next service is prepared while the one before it is carried out: it is looked at, and
 * its next container is created. Nothing that runs is changed before the health gate in between has passed.
 * What goes wrong until then says nothing, as the other deploy may be the reason; and if the gate takes
 * long, what was looked at may have changed. In both cases what was created is removed, and the deploy
 * begins again once it is permitted.
 */

/** For how long, in milliseconds, a prepared exchange waits before it is outdated. */
export const preparedForMs = 3_000;

/** An exchange cannot be prepared ahead, or was not permitted in time: it has to begin afterwards. */
export class NotAhead extends Error {
  override readonly name = "NotAhead";
}

/** A look at what has to be done, before that is permitted. Throws {@link NotAhead} where it cannot be relied on. */
export async function lookAhead(
  { signal }: Pick<CommandContext, "signal">,
  look: () => Promise<ReplacementPlan>,
): Promise<ReplacementPlan> {
  let plan: ReplacementPlan;
  try {
    plan = await look();
  } catch (error) {
    if (signal.aborted) throw error;
    throw new NotAhead("the look failed", { cause: error });
  }
  const { previous } = plan.exchange;
  const { references } = plan.survey.containers.find(({ id }) => id === previous?.id) ?? {};
  // Other containers that it needs, or that need it, may be the ones that are just replaced.
  const standsAlone = references !== undefined && Object.values(references).flat().length === 0;
  if (standsAlone && plan.dependents.length === 0) return plan;
  throw new NotAhead("it depends on other containers, or others on it");
}

/**
 * Resolves when a prepared exchange may go on. Throws {@link NotAhead} where that takes too long, and a
 * `CommandFailure` where it may not go on.
 *
 * @param limitMs null: waits for as long as it takes
 */
export async function permitted(
  context: Pick<CommandContext, "permission" | "signal" | "deadlineAt">,
  name: string,
  limitMs: number | null = null,
): Promise<void> {
  const { permission, signal, deadlineAt } = context;
  if (permission === null || permission.given) return;
  const late = limitMs === null ? null : AbortSignal.timeout(limitMs);
  try {
    await permission.wait(late === null ? signal : AbortSignal.any([signal, late]));
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    if (late?.aborted && !signal.aborted) throw new NotAhead("it is outdated");
    throw abortFailure(signal, deadlineAt, `The deploy of ${name}`);
  }
}

/**
 * Removes what was created ahead, and returns what is to be thrown: {@link NotAhead}, or why it could not
 * be removed. A crash before the phase is written down has the same effect.
 */
export async function unprepare(
  engine: Engine,
  context: CommandContext,
  exchange: Exchange,
  { nextId, apiVersion }: { nextId: string | null; apiVersion: string },
  cause: unknown,
): Promise<unknown> {
  try {
    await undoExchange(engine, exchange, nextId, apiVersion);
    await enter(context, { name: "unprepared" });
    return new NotAhead("it was prepared in vain", { cause });
  } catch (error) {
    return error;
  }
}
