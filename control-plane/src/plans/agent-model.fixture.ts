import type { Action, Outcome, Snapshot, SnapshotStep } from "./plan.ts";
import { bad, good } from "./plan-model.fixture.ts";

/*
 * What the agents of a model plan really do. The plan hears of it later, in any order, or never: an
 * agent goes on while it is not connected, ends what is past its deadline, and begins what it holds
 * back as soon as the gate before it has passed.
 *
 *   delivered ──▶ held ──gate passed──▶ working ──▶ ended
 *       │          └─────────────────────────────────^ (gate failed, cancel, cannot be prepared)
 *       └─────────────────────────────────^ (nothing to wait for)
 */
export interface Work {
  step: SnapshotStep;
  gate: SnapshotStep | null;
  state: "held" | "working" | "ended";
  /** as it was when the agent got the command */
  deadlineAt: number;
  outcome: Outcome | null;
  reported: boolean;
}

/** What an agent was doing at some time. */
export interface AliveWork extends Work {
  calledOff: boolean;
  /** the plan has counted it as failed, because it got no answer in time */
  givenUp: boolean;
  /** it has begun, or will if its gate passes, which may still happen */
  mayBegin: boolean;
}

export class Agents {
  readonly #snapshot: Snapshot;
  readonly #begins: (work: Work) => void;
  readonly works: Work[] = [];
  /** the gates behind which steps were prepared, by the id of the step */
  readonly #gates = new Map<string, SnapshotStep>();

  /** @param begins is told of each command whose work begins */
  constructor(snapshot: Snapshot, begins: (work: Work) => void) {
    this.#snapshot = snapshot;
    this.#begins = begins;
  }

  of(step: SnapshotStep): Work | null {
    return this.works.find((work) => work.step === step) ?? null;
  }

  get alive(): Work[] {
    return this.works.filter(({ state }) => state !== "ended");
  }

  /** A copy of what is being done, with what will become of it. */
  get aliveNow(): AliveWork[] {
    return this.alive.map((work) => ({
      ...work,
      calledOff: work.step.command?.cancelSent ?? false,
      givenUp: work.step.status === "failed" && isNoAnswer(work.step.command?.outcome ?? null),
      mayBegin: work.state === "working" || this.#mayPass(work.gate),
    }));
  }

  #mayPass(gate: SnapshotStep | null): boolean {
    if (gate === null) return true;
    const work = this.of(gate);
    // What its agent never got passes only if it is delivered later.
    return work ? work.outcome?.ok !== false : gate.command !== null && !gate.command.outcome;
  }

  /** The gate behind which a step was prepared. */
  gateOf({ id }: SnapshotStep): SnapshotStep | null {
    return this.#gates.get(id) ?? null;
  }

  /** Notes behind which gate an action has prepared a step. */
  carriedOut(action: Action): void {
    if (action.kind !== "prepare_step") return;
    const gate = this.#snapshot.steps.find(({ id }) => id === action.gateId);
    if (gate) this.#gates.set(action.stepId, gate);
  }

  /** Delivers what may be delivered to the agents that are connected. */
  deliver(now: number): void {
    for (const step of this.#snapshot.steps) {
      const { command } = step;
      if (!command || command.outcome || this.of(step)) continue;
      const gate = this.#gates.get(step.id) ?? null;
      if (!command.sent) {
        const withheld = gate && !step.agentHoldsBack && !gate.command?.outcome?.ok;
        if (!step.serverOnline || withheld || (command.deadlineAt ?? now) < now) continue;
        command.sent = true;
      }
      this.#accept(step, gate);
    }
  }

  #accept(step: SnapshotStep, gate: SnapshotStep | null): void {
    // A deploy that is to be undone need not be finished first.
    const undone = this.works.find(
      (work) => work.step.action === "deploy" && work.step.servicePosition === step.servicePosition,
    );
    if (step.action === "rollback" && undone) this.end(undone, bad("undone", "cancelled"));
    const deadlineAt = step.command?.deadlineAt ?? Number.POSITIVE_INFINITY;
    const work: Work = { step, gate, state: "held", deadlineAt, outcome: null, reported: false };
    this.works.push(work);
    this.#goOn(work);
  }

  /** Begins what is held back, or gives it up, by what became of its gate. */
  #goOn(work: Work): void {
    if (work.state !== "held") return;
    const gate = work.gate && this.of(work.gate);
    if (work.gate && !gate?.outcome) return;
    if (gate?.outcome?.ok === false) {
      this.end(work, bad("not passed", "cancelled"));
      return;
    }
    work.state = "working";
    this.#begins(work);
  }

  end(work: Work, outcome: Outcome): void {
    if (work.state === "ended") return;
    work.state = "ended";
    work.outcome = outcome;
    for (const other of this.works) if (other.gate === work.step) this.#goOn(other);
  }

  /** One command's work ends; what is held back can only fail. */
  work(which: number, fails: boolean): Work | null {
    const able = this.alive.filter(({ state }) => fails || state === "working");
    const work = pick(able, which);
    if (!work) return null;
    const cannot = which % 2 === 0 ? bad("cannot be prepared", "refused") : bad("no such network");
    const failure = work.state === "held" ? cannot : bad("it exited");
    this.end(work, fails ? failure : good);
    return work;
  }

  /** A cancel arrives. What has begun to change something may go on to its end. */
  hear(which: number, goesOn: boolean): void {
    const told = this.alive.filter(
      ({ step: { command, serverOnline } }) => command?.cancelSent && serverOnline,
    );
    const work = pick(told, which);
    if (!work) return;
    const deploys = work.state === "working" && work.step.action === "deploy";
    if (!deploys || !goesOn) this.end(work, bad("called off", "cancelled"));
  }

  /** Every cancel arrives. */
  hearAll(): void {
    for (let which = 0; which < this.works.length; which++) this.hear(which, true);
  }

  /** Ends what is past its deadline, gates before what they hold back. */
  passTime(now: number): void {
    const over = this.alive.filter(({ deadlineAt }) => deadlineAt < now);
    for (const work of over.toSorted((a, b) => a.deadlineAt - b.deadlineAt)) {
      this.end(work, bad("it took too long"));
    }
  }

  /** What connected agents have to say. */
  get unreported(): Work[] {
    return this.works.filter(
      ({ state, reported, step }) => state === "ended" && !reported && step.serverOnline,
    );
  }

  /** The plan hears what became of one command. */
  report(which: number): boolean {
    const work = pick(this.unreported, which);
    if (!work) return false;
    work.reported = true;
    if (work.step.command) work.step.command.outcome ??= work.outcome;
    return true;
  }
}

function isNoAnswer(outcome: Outcome | null): boolean {
  return outcome === null || (!outcome.ok && outcome.failure.code === "timeout");
}

function pick<T>(of: readonly T[], which: number): T | undefined {
  return of[which % Math.max(1, of.length)];
}
