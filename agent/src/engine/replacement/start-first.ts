import type { Engine } from "../client.ts";
import { completeNetworks, type NextContainer, pauseContainer } from "../container/steps.ts";
import { failureOf } from "../failure.ts";
import {
  type Exchange,
  obtainNext,
  pausesNext,
  suspendRestartPolicy,
  swapNames,
} from "./exchange.ts";
import { namedWhileBeside, unnamedBeside } from "./side-by-side.ts";
import { startNext, stopPrevious } from "./stop-first.ts";

export interface StartFirstOptions {
  createFrom: NextContainer;
  /** Is told that the next container exists; nothing that runs is changed before this resolves. */
  obtained(nextId: string): Promise<void>;
  /** Announces a step; nothing of it happens before this resolves. */
  reach(step: "beside" | "switch", nextId: string): Promise<void>;
  /** Resolves when the next container passes its gate; throws where it does not. */
  healthy(nextId: string): Promise<unknown>;
}

/** Exchanges two containers that run in parallel for a short time. */
export async function startFirst(
  engine: Engine,
  exchange: Exchange,
  { createFrom, obtained, reach, healthy }: StartFirstOptions,
): Promise<void> {
  const beside = { ...createFrom, networks: unnamedBeside(createFrom.networks) };
  const nextId = await obtainNext(engine, exchange, beside);
  await obtained(nextId);
  await reach("beside", nextId);
  await startNext(engine, exchange, nextId);
  await healthy(nextId);
  await reach("switch", nextId);
  await takeOver(engine, exchange, createFrom, nextId, () => healthy(nextId));
}

/**
 * Gives all names to the next container before the previous one is stopped. Where the next container had
 * to leave a network and join it again for that, it has to pass its gate (`healthy`) once more.
 */
export async function takeOver(
  engine: Engine,
  exchange: Exchange,
  { networks }: Pick<NextContainer, "networks">,
  nextId: string,
  healthy: () => Promise<unknown>,
): Promise<void> {
  const isSuspended = await suspendRestartPolicy(engine, exchange);
  const { endpoints } = namedWhileBeside(networks, exchange.name);
  if (await completeNetworks(engine, nextId, endpoints)) await healthy();
  await swapNames(engine, exchange, nextId);
  if (exchange.previous === null) return;
  await stopPrevious(engine, exchange);
  try {
    if (!isSuspended) await suspendRestartPolicy(engine, exchange);
    if (pausesNext(exchange)) await pauseContainer(engine, nextId);
  } catch (error) {
    const sentence = `The previous container of ${exchange.name} does not stop`;
    throw failureOf(engine, error, "stop_failed", sentence);
  }
}
