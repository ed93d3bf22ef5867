import { expect } from "vitest";
import type { RegistryCredentials } from "./authentication.ts";
import { RegistryClient } from "./client.ts";
import { parseRegistryUrl } from "./endpoint.ts";
import type { ListLimits } from "./list-limits.ts";
import type { Outcome, RegistryFailure } from "./outcome.ts";
import { RegistryDouble } from "./registry-double.fixture.ts";
import { RegistryMemory } from "./registry-memory.ts";
import { RegistryTransport, type TransportOptions } from "./transport.ts";

/*
 * Registry doubles and clients that ask them, all closed by one call.
 */

export class ClientWorld {
  readonly transport: RegistryTransport;
  readonly memory: RegistryMemory;
  readonly #doubles: RegistryDouble[] = [];

  constructor(options: TransportOptions = {}, clock: () => number = Date.now) {
    this.transport = new RegistryTransport(options);
    this.memory = new RegistryMemory(clock);
  }

  async double(): Promise<RegistryDouble> {
    const double = new RegistryDouble();
    await double.start();
    this.#doubles.push(double);
    return double;
  }

  client(
    url: string,
    credentials: RegistryCredentials | null = null,
    more: { limits?: Partial<ListLimits>; clock?: () => number } = {},
  ): RegistryClient {
    const parsed = parseRegistryUrl(url);
    if (!parsed.ok) throw new Error(parsed.message);
    return new RegistryClient({
      endpoint: parsed.endpoint,
      credentials,
      transport: this.transport,
      memory: this.memory,
      ...more,
    });
  }

  async close(): Promise<void> {
    await this.transport.close();
    await Promise.all(this.#doubles.map((double) => double.stop()));
  }
}

/** @throws {Error} when it is a failure */
export function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.kind}: ${outcome.message}`);
  return outcome.value;
}

/** @throws {Error} when it is none; every failure is told in a sentence */
export function failed(outcome: Outcome<unknown>): RegistryFailure {
  if (outcome.ok) throw new Error("a failure was expected");
  expect(outcome.message).toMatch(/[.]$/);
  return outcome;
}
