import type { Plan } from "$lib/api/model.ts";
import type { PlanBody } from "./plan-draft.svelte.ts";

/** How a plan is to go about it, as the API takes it. */
export type RolloutBody = NonNullable<PlanBody["rollout"]>;

/** The same as it is kept and shown, with its defaults. */
type KeptRollout = NonNullable<Plan["rollout"]>;

export type Operator = NonNullable<RolloutBody["analysis"]>["prometheus"]["condition"]["operator"];
export const operators = ["<", "<=", ">", ">=", "=="] as const satisfies readonly Operator[];

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
  /** of a Prometheus; empty, and no query: nothing is measured */
  analysisUrl = $state("");
  query = $state("");
  operator = $state<Operator>("<");
  limit = $state<number | null>(null);
  /** kept as it is: the form has no field for it */
  #intervalMs: number | null = null;

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
  readonly isMeasured = $derived(this.analysisUrl.trim() !== "" || this.query.trim() !== "");
  readonly analysisUrlError = $derived.by(() => {
    if (!this.isMeasured) return null;
    const url = this.analysisUrl.trim();
    return /^https?:\/\//.test(url) && URL.canParse(url)
      ? null
      : "The address of a Prometheus, such as http://prometheus.example.com:9090.";
  });
  readonly queryError = $derived.by(() => {
    if (!this.isMeasured) return null;
    if (this.query.trim() === "") return "Say what is asked, in PromQL.";
    return this.soak ? null : "It is asked during a soak: say how long that is.";
  });
  readonly limitError = $derived(
    this.isMeasured && this.limit === null
      ? "Say what the number has to be, such as < 0.01."
      : null,
  );
  /** why it cannot be sent; null: it can */
  readonly problem = $derived(
    this.batchError ??
      this.maxUnavailableError ??
      this.soakError ??
      this.pauseAfterError ??
      this.analysisUrlError ??
      this.queryError ??
      this.limitError,
  );

  /** @param before what is kept of an earlier one; null: none is */
  constructor(before: KeptRollout | null = null) {
    if (before === null) return;
    const { batch, maxUnavailable, soakMs, pauseAfter, onFailure, analysis } = before;
    this.batch = batch === null ? "" : String(batch);
    this.maxUnavailable = maxUnavailable;
    if (soakMs > 0) {
      this.soakUnit = soakUnits.findLast((unit) => soakMs % units[unit] === 0) ?? "seconds";
      this.soak = soakMs / units[this.soakUnit];
    }
    if (pauseAfter !== null) this.pause = pauseAfter === "each" ? "each" : "batch";
    if (typeof pauseAfter === "number") this.pauseAfter = pauseAfter;
    this.onFailure = onFailure;
    if (analysis === null) return;
    const { url, query, condition, intervalMs } = analysis.prometheus;
    this.analysisUrl = url;
    this.query = query;
    this.operator = condition.operator;
    this.limit = condition.value;
    this.#intervalMs = intervalMs;
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
      ...this.#analysis,
    };
    return Object.keys(body).length === 0 ? null : body;
  }

  get #analysis(): Pick<RolloutBody, "analysis"> {
    if (!this.isMeasured || this.limit === null) return {};
    const condition = { operator: this.operator, value: this.limit };
    const prometheus = { url: this.analysisUrl.trim(), query: this.query.trim(), condition };
    const interval = this.#intervalMs === null ? {} : { intervalMs: this.#intervalMs };
    return { analysis: { prometheus: { ...prometheus, ...interval } } };
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
