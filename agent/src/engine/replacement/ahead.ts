import { type CommandContext, CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { abortFailure } from "../failure.ts";
import { type Exchange, undoExchange } from "./exchange.ts";
import { enter } from "./phases.ts";

/*
 * The deploy of the next service is prepared while the health gate of the one before it is open: it is
 * looked at, and its next container is created. Nothing that runs is changed until the gate has passed.
 * If that takes long, what was looked at may have changed: what was created is removed, and the deploy
 * begins again once it is permitted.
 */

/** For how long, in milliseconds, a prepared exchange waits before it is outdated. */
export const preparedForMs = 3_000;

/** A prepared exchange was not permitted in time. */
export class Outdated extends Error {
  override readonly name = "Outdated";
}

/**
 * Resolves when a prepared exchange may go on. Throws {@link Outdated} where that takes too long, and a
 * `CommandFailure` where it may not go on.
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
    if (late?.aborted && !signal.aborted) throw new Outdated();
    throw abortFailure(signal, deadlineAt, `The deploy of ${name}`);
  }
}

/** Removes what was created ahead. A crash before the phase is written down has the same effect. */
export async function unprepare(
  engine: Engine,
  context: CommandContext,
  exchange: Exchange,
  nextId: string | null,
  apiVersion: string,
): Promise<void> {
  await undoExchange(engine, exchange, nextId, apiVersion);
  await enter(context, { name: "unprepared" });
}
