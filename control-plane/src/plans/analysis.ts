/*
 * What Prometheus is asked while a batch is watched, and what its answer means. Pure.
 */

export const operators = ["<", "<=", ">", ">=", "=="] as const;

/** What the value has to be for a batch to be well. */
export interface Condition {
  operator: (typeof operators)[number];
  value: number;
}

export interface PrometheusQuery {
  /** where its API is, without `/api/v1/query`, and without anything secret */
  url: string;
  /** in PromQL; it gives one number */
  query: string;
  condition: Condition;
  /** how often it is asked, in milliseconds */
  intervalMs: number;
}

/** What is measured while a batch is watched. */
export interface Analysis {
  prometheus: PrometheusQuery;
}

export const defaultIntervalMs = 30_000;

/** What came of asking once: a number, or why there is none. */
export type Measured = { value: number; problem: null } | { value: null; problem: string };

/** The newest answer to a query, as it is kept with its soak. */
export type QueryAnswer = Measured & {
  questionId: string;
  /** epoch ms */
  at: number;
};

const checks: Record<Condition["operator"], (value: number, limit: number) => boolean> = {
  "<": (value, limit) => value < limit,
  "<=": (value, limit) => value <= limit,
  ">": (value, limit) => value > limit,
  ">=": (value, limit) => value >= limit,
  "==": (value, limit) => value === limit,
};

export function holds(value: number, { operator, value: limit }: Condition): boolean {
  return checks[operator](value, limit);
}

/** Such as `< 0.01` */
export function conditionText({ operator, value }: Condition): string {
  return `${operator} ${value}`;
}

/** The whole URL that one question goes to. */
export function queryUrl({ url, query }: Pick<PrometheusQuery, "url" | "query">): string {
  const whole = new URL(url);
  whole.pathname = `${whole.pathname.replace(/\/$/, "")}/api/v1/query`;
  whole.search = new URLSearchParams({ query }).toString();
  return whole.href;
}

/**
 * The number in an answer of Prometheus's API. Only exactly one finite number is a value; whatever else comes
 * says nothing of the batch.
 * @param text the whole body
 * @param error why it is no success, as a sentence; null: it answered 2xx
 */
export function readAnswer(text: string, error: string | null): Measured {
  const answer = parsed(text);
  if (error !== null) {
    const said = typeof answer?.error === "string" ? ` ${answer.error.slice(0, 500)}` : "";
    return nothing(`Prometheus was asked in vain: ${error}${said}`);
  }
  const { status, data } = answer ?? {};
  if (status !== "success" || !isRecord(data)) {
    return nothing("What answered is not Prometheus: look at the URL.");
  }
  const { resultType, result } = data;
  if (resultType === "scalar") return numberIn(result);
  if (resultType !== "vector" || !Array.isArray(result)) {
    return nothing(`The query gave a ${resultType}: it has to give one number.`);
  }
  if (result.length === 0) return nothing("The query gave nothing: no series fits it.");
  if (result.length > 1) {
    return nothing(
      `The query gave ${result.length} series: it has to give one, such as by sum(…) or max(…).`,
    );
  }
  const [series] = result;
  return numberIn(isRecord(series) ? series.value : null);
}

function numberIn(sample: unknown): Measured {
  const text = Array.isArray(sample) ? sample[1] : null;
  const value = typeof text === "string" && text !== "" ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return { value, problem: null };
  return nothing(`The query gave ${text ?? "no value"}, which is no number to compare.`);
}

const nothing = (problem: string): Measured => ({ value: null, problem });

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
