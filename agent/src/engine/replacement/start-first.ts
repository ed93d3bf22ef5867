import type { Engine } from "../client.ts";
import { completeNetworks, type NextContainer, pauseContainer } from "../container/steps.ts";
import { failureOf } from "../failure.ts";
import { disarmPrevious, type Exchange, obtainNext, pausesNext, swapNames } from "./exchange.ts";
import { namedWhileBeside, unnamedBeside } from "./side-by-side.ts";
import { startNext, stopPrevious } from "./stop-first.ts";

export interface StartFirstOptions {
  make: NextContainer;
  /** Announces a step; nothing of it happens before this resolves. */
  reach(step: "beside" | "switch", nextId: string): Promise<void>;
  /** Resolves when the next container passes its gate; throws where it does not. */
  healthy(nextId: string): Promise<unknown>;
}

/** Exchanges two containers that run beside each other for a moment. */
export async function startFirst(
  engine: Engine,
  exchange: Exchange,
  { make, reach, healthy }: StartFirstOptions,
): Promise<void> {
  const beside = { ...make, networks: unnamedBeside(make.networks) };
  const nextId = await obtainNext(engine, exchange, beside);
  await reach("beside", nextId);
  await startNext(engine, exchange, nextId);
  await healthy(nextId);
  await reach("switch", nextId);
  await takeOver(engine, exchange, make, nextId, () => healthy(nextId));
}

/**
 * The next container answers to all names before the previous one is told to stop, and passes its
 * gate (`healthy`) again where it had to leave a network for that.
 */
export async function takeOver(
  engine: Engine,
  exchange: Exchange,
  { networks }: Pick<NextContainer, "networks">,
  nextId: string,
  healthy: () => Promise<unknown>,
): Promise<void> {
  const disarmed = await disarmPrevious(engine, exchange);
  const { endpoints } = namedWhileBeside(networks, exchange.name);
  if (await completeNetworks(engine, nextId, endpoints)) await healthy();
  await swapNames(engine, exchange, nextId);
  if (exchange.previous === null) return;
  await stopPrevious(engine, exchange);
  try {
    if (!disarmed) await disarmPrevious(engine, exchange);
    if (pausesNext(exchange)) await pauseContainer(engine, nextId);
  } catch (error) {
    const sentence = `The previous container of ${exchange.name} does not stop`;
    throw failureOf(engine, error, "stop_failed", sentence);
  }
}
