import { setTimeout as sleep } from "node:timers/promises";
import type { AgentUpgrade } from "@bridgeport/proto";
import type { Logger } from "../log.ts";
import { type Policy, upgradeRefusal } from "../policy/policy.ts";
import { checkOrder } from "./check-order.ts";
import { storeProgram, UnusableProgram } from "./program.ts";
import { changeRecord, type Trial, type UpgradeRecord } from "./record.ts";
import { settled } from "./what-to-start.ts";

/** What an upgrader works with. */
export interface UpgraderParts {
  /** whether this process is the one program that can be replaced */
  capable: boolean;
  /** false: it is just proving itself */
  takesOrders: boolean;
  version: string;
  /** this process's program */
  file: string;
  /** such as linux-x64 */
  platform: string;
  stateDir: string;
  policy: Policy;
  record: UpgradeRecord;
  /** certificates in PEM of those who may sign */
  authorities(): readonly string[];
  /** the ordered program, compressed by gzip; throws where the connection breaks */
  download(platform: string): AsyncIterable<Uint8Array>;
  /** whether commands are under way */
  busy(): boolean;
  log: Logger;
}

/** Connections break; a download that never succeeds is told. */
const downloads = 5;
const pauseMs = 2_000;
/** Commands under way are finished first, but a plan that goes on and on is interrupted. */
const busyMs = 5 * 60_000;
const lookEveryMs = 200;

type End = NonNullable<UpgradeRecord["last"]>;

/**
 * Carries out orders to upgrade this agent, up to where another program is to prove itself:
 *
 *   ordered ──allowed, signed, newer──> downloading ──whole, starts here──> waiting for commands ──> {@link ready}
 *      └──────────────────────────────────────┴──> told why not
 */
export class Upgrader {
  readonly #parts: UpgraderParts;
  #last: End | null;
  #under: string | null = null;
  /** one order is carried out after the other */
  #work: Promise<unknown> = Promise.resolve();
  #resolveReady: (trial: Trial) => void = () => {};
  /** Resolves when this process is to hand over; the trial is in the record then. */
  readonly ready: Promise<Trial>;

  constructor(parts: UpgraderParts) {
    this.#parts = parts;
    this.#last = parts.record.last;
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
  }

  get capable(): boolean {
    return this.#parts.capable;
  }

  /** what the last order came to */
  get last(): End | null {
    return this.#last;
  }

  /** Takes an order, which comes again on each stream until it has ended. */
  ordered(order: AgentUpgrade, tell: (end: End) => void): void {
    const { takesOrders, log } = this.#parts;
    if (!takesOrders || this.#under === order.attempt) return;
    if (this.#last?.attempt === order.attempt) {
      tell(this.#last);
      return;
    }
    this.#under = order.attempt;
    const carriedOut = this.#work.then(() => this.#carryOut(order));
    this.#work = carriedOut.catch(() => {});
    const over = () => {
      if (this.#under === order.attempt) this.#under = null;
    };
    carriedOut.then(
      (error) => {
        if (error === undefined) return;
        over();
        if (this.#last !== null) tell(this.#last);
      },
      (error) => {
        over();
        log.error("The upgrade could not be carried out", { error });
        const why = error instanceof Error ? error.message : String(error);
        tell({
          attempt: order.attempt,
          to: order.version,
          error: `It could not be carried out: ${why}`,
        });
      },
    );
  }

  /** This agent is connected, or is stopped in order: its program is one to go on with. */
  async settled(): Promise<void> {
    const { takesOrders, stateDir, file, log } = this.#parts;
    if (!takesOrders || !this.#parts.capable) return;
    try {
      await changeRecord(stateDir, (record) => settled(record, { file }));
    } catch (error) {
      log.warn("That this version works could not be noted", { error });
    }
  }

  /** @returns what it came to, an error or null; undefined: a trial is to begin */
  async #carryOut(order: AgentUpgrade): Promise<string | null | undefined> {
    const { version, platform, policy, stateDir, log } = this.#parts;
    // It was installed by hand.
    if (order.version === version) return this.#end(order, null);
    const checked = checkOrder(order, {
      version,
      platform,
      authorities: this.#parts.authorities(),
    });
    const refusal = upgradeRefusal(policy) ?? (checked.ok ? null : checked.error);
    if (refusal !== null || !checked.ok) return this.#end(order, refusal ?? "It was refused.");
    log.info("Upgrading", { from: version, to: order.version });
    let file: string;
    try {
      file = await this.#store(order, checked.sha256);
    } catch (error) {
      if (error instanceof UnusableProgram) return this.#end(order, error.message);
      throw error;
    }
    await this.#whenIdle();
    const trial = { attempt: order.attempt, from: version, to: order.version, file, starts: 1 };
    await changeRecord(stateDir, (record) => ({ ...record, trial }));
    this.#resolveReady(trial);
    return undefined;
  }

  async #store({ version }: AgentUpgrade, sha256: string): Promise<string> {
    const { stateDir, platform, download, log } = this.#parts;
    for (let left = downloads; ; left -= 1) {
      try {
        return await storeProgram(stateDir, { version, sha256 }, download(platform));
      } catch (error) {
        if (left === 1 || !(error instanceof UnusableProgram) || !error.passes) throw error;
        log.warn(error.message);
        await sleep(pauseMs);
      }
    }
  }

  async #whenIdle(): Promise<void> {
    const until = performance.now() + busyMs;
    while (this.#parts.busy() && performance.now() < until) await sleep(lookEveryMs);
  }

  async #end({ attempt, version: to }: AgentUpgrade, error: string | null): Promise<string | null> {
    const { stateDir, log } = this.#parts;
    const last = { attempt, to, error };
    await changeRecord(stateDir, (record) => ({ ...record, last }));
    this.#last = last;
    if (error !== null) log.error(`The upgrade to ${to} failed: ${error}`);
    return error;
  }
}
