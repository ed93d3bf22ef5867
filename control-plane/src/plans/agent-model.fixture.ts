import type { Action, Outcome, SnapshotStep } from "./plan.ts";
import { bad, good, type ModelPlan } from "./plan-model.fixture.ts";

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
  /** as it was when the agent got the command; `Agents.stepOf` has it as it is */
  step: SnapshotStep;
  /** the id of the gate behind which it was prepared */
  gate: string | null;
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
  readonly #plan: ModelPlan;
  readonly #begins: (work: Work) => void;
  readonly works: Work[] = [];
  /** the ids of the gates behind which steps were prepared, by the id of the step */
  readonly #gates = new Map<string, string>();

  /** @param begins is told of each command whose work begins */
  constructor(plan: ModelPlan, begins: (work: Work) => void) {
    this.#plan = plan;
    this.#begins = begins;
  }

  of({ id }: { id: string }): Work | null {
    return this.works.find((work) => work.step.id === id) ?? null;
  }

  /** The step of a work as it is now. */
  stepOf({ step }: Work): SnapshotStep {
    return this.#plan.step(step.id);
  }

  get alive(): Work[] {
    return this.works.filter(({ state }) => state !== "ended");
  }

  /** A copy of what is being done, with what will become of it. */
  get aliveNow(): AliveWork[] {
    return this.alive.map((work) => {
      const { status, command } = this.stepOf(work);
      return {
        ...work,
        calledOff: command?.cancelSent ?? false,
        givenUp: status === "failed" && isNoAnswer(command?.outcome ?? null),
        mayBegin: work.state === "working" || this.#mayPass(work.gate),
      };
    });
  }

  #mayPass(gateId: string | null): boolean {
    if (gateId === null) return true;
    const gate = this.#plan.step(gateId);
    const work = this.of(gate);
    // What its agent never got passes only if it is delivered later.
    return work ? work.outcome?.ok !== false : gate.command !== null && !gate.command.outcome;
  }

  /** The gate behind which a step was prepared. */
  gateOf({ id }: SnapshotStep): SnapshotStep | null {
    const gate = this.#gates.get(id);
    return gate === undefined ? null : this.#plan.step(gate);
  }

  /** Notes behind which gate an action has prepared a step. */
  carriedOut(action: Action): void {
    if (action.kind === "prepare_step") this.#gates.set(action.stepId, action.gateId);
  }

  /** Delivers what may be delivered to the agents that are connected. */
  deliver(now: number): void {
    for (const step of this.#plan.steps) {
      const { command } = step;
      if (!command || command.outcome || this.of(step)) continue;
      const gate = this.gateOf(step);
      if (!command.sent) {
        const withheld = gate && !step.agentHoldsBack && !gate.command?.outcome?.ok;
        const stays = !step.serverOnline || this.#plan.stalled.has(step.serverName);
        if (stays || withheld || (command.deadlineAt ?? now) < now) continue;
        this.#plan.send(step.id);
      }
      this.#accept(step, gate?.id ?? null);
    }
  }

  #accept(step: SnapshotStep, gate: string | null): void {
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
    const gate = work.gate === null ? null : this.of({ id: work.gate });
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
    for (const other of this.works) if (other.gate === work.step.id) this.#goOn(other);
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

  /** The container that a command's work is on is gone from its engine. */
  forget(which: number): void {
    const work = pick(
      this.alive.filter(({ state, step }) => state === "working" && step.action !== "pull"),
      which,
    );
    if (work) this.end(work, bad("there is no such container"));
  }

  /** What was reported is said again, and otherwise. */
  repeat(which: number): void {
    const work = pick(
      this.works.filter(({ reported }) => reported),
      which,
    );
    if (work) this.#plan.record(work.step.id, work.outcome?.ok ? bad("once more") : good);
  }

  /** The agent of a server that is deleted is heard no more. */
  leave(server: string): void {
    for (const work of this.works) {
      if (work.step.serverName !== server) continue;
      this.end(work, bad("its server is deleted", "cancelled"));
      work.reported = true;
    }
  }

  /** A cancel arrives. What has begun to change something may go on to its end. */
  hear(which: number, goesOn: boolean): void {
    const told = this.alive.filter((work) => {
      const { command, serverOnline } = this.stepOf(work);
      return command?.cancelSent && serverOnline;
    });
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
      (work) => work.state === "ended" && !work.reported && this.stepOf(work).serverOnline,
    );
  }

  /** The plan hears what became of one command. */
  report(which: number): boolean {
    const work = pick(this.unreported, which);
    if (!work) return false;
    work.reported = true;
    if (work.outcome) this.#plan.record(work.step.id, work.outcome);
    return true;
  }
}

function isNoAnswer(outcome: Outcome | null): boolean {
  return outcome === null || (!outcome.ok && outcome.failure.code === "timeout");
}

function pick<T>(of: readonly T[], which: number): T | undefined {
  return of[which % Math.max(1, of.length)];
}
