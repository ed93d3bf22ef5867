import type { Plan } from "$lib/api/model.ts";
import type { PlanBody } from "./plan-draft.svelte.ts";

/** How a plan is to go about it, as the API takes it. */
export type RolloutBody = NonNullable<PlanBody["rollout"]>;

/** The same as it is kept and shown, with its defaults. */
type KeptRollout = NonNullable<Plan["rollout"]>;

const units = { seconds: 1000, minutes: 60_000, hours: 3_600_000 };
export type SoakUnit = keyof typeof units;
export const soakUnits = Object.keys(units) as SoakUnit[];

// What the API allows.
const longestSoakMs = 24 * units.hours;
const mostServices = 1000;

/** A careful rollout as a form has it. Everything empty: a plan as it is without one. */
export class RolloutDraft {
  /** "2" or "25%"; empty: all services are one batch */
  batch = $state("");
  maxUnavailable = $state<number | null>(null);
  soak = $state<number | null>(null);
  soakUnit = $state<SoakUnit>("minutes");
  pause = $state<"never" | "batch" | "each">("never");
  pauseAfter = $state<number | null>(1);
  onFailure = $state<"rollback" | "pause">("rollback");

  readonly batchError = $derived.by(() => {
    const batch = batchOf(this.batch);
    return batch === "unreadable"
      ? "A number of services from 1, such as 2, or a percentage from 1% to 100%, such as 25%."
      : null;
  });
  readonly maxUnavailableError = $derived(wholeNumberError(this.maxUnavailable, "services"));
  readonly soakError = $derived.by(() => {
    if (this.soak === null) return null;
    const ms = this.soak * units[this.soakUnit];
    if (ms < 0) return "A batch cannot be watched for less than no time.";
    return ms > longestSoakMs ? "A batch is watched for a day at most." : null;
  });
  readonly pauseAfterError = $derived.by(() => {
    if (this.pause !== "batch") return null;
    if (this.pauseAfter === null) return "Say after which batch: the first one is 1.";
    return wholeNumberError(this.pauseAfter, "a batch");
  });
  /** why it cannot be sent; null: it can */
  readonly problem = $derived(
    this.batchError ?? this.maxUnavailableError ?? this.soakError ?? this.pauseAfterError,
  );

  /** @param before what is kept of an earlier one; null: none is */
  constructor(before: KeptRollout | null = null) {
    if (before === null) return;
    const { batch, maxUnavailable, soakMs, pauseAfter, onFailure } = before;
    this.batch = batch === null ? "" : String(batch);
    this.maxUnavailable = maxUnavailable;
    if (soakMs > 0) {
      this.soakUnit = soakUnits.findLast((unit) => soakMs % units[unit] === 0) ?? "seconds";
      this.soak = soakMs / units[this.soakUnit];
    }
    if (pauseAfter !== null) this.pause = pauseAfter === "each" ? "each" : "batch";
    if (typeof pauseAfter === "number") this.pauseAfter = pauseAfter;
    this.onFailure = onFailure;
  }

  /** What is sent; null where nothing is asked for. */
  get body(): RolloutBody | null {
    const batch = batchOf(this.batch);
    const soakMs = this.soak === null ? 0 : Math.round(this.soak * units[this.soakUnit]);
    const pauseAfter = { never: null, batch: this.pauseAfter, each: "each" as const }[this.pause];
    const body: RolloutBody = {
      ...(batch === null || batch === "unreadable" ? {} : { batch }),
      ...(this.maxUnavailable === null ? {} : { maxUnavailable: this.maxUnavailable }),
      ...(soakMs === 0 ? {} : { soakMs }),
      ...(pauseAfter === null ? {} : { pauseAfter }),
      ...(this.onFailure === "pause" ? { onFailure: "pause" as const } : {}),
    };
    return Object.keys(body).length === 0 ? null : body;
  }
}

/** @returns null: empty */
function batchOf(typed: string): number | `${number}%` | null | "unreadable" {
  const text = typed.replaceAll(/\s/g, "");
  if (text === "") return null;
  const [, digits, percent] = /^(\d{1,4})(%?)$/.exec(text) ?? [];
  const number = Number(digits);
  if (digits === undefined || number < 1) return "unreadable";
  if (percent === "%") return number <= 100 ? `${number}%` : "unreadable";
  return number <= mostServices ? number : "unreadable";
}

function wholeNumberError(number: number | null, what: string): string | null {
  if (number === null || (Number.isInteger(number) && number >= 1 && number <= mostServices)) {
    return null;
  }
  return `The number of ${what} is a whole one, from 1 to ${mostServices}.`;
}
