import { type Command, Option } from "commander";
import { Failure } from "../exit.ts";
import type { Plan } from "../find/resources.ts";
import { printable } from "../terminal/text.ts";
import { counted, period, periodText } from "../terminal/units.ts";

/** The options that say how carefully a plan goes about it. */
export interface RolloutOptions {
  batch?: string;
  maxUnavailable?: string;
  soak?: string;
  pauseAfter?: string;
  onFailure?: "rollback" | "pause";
  analysisUrl?: string;
  analysisQuery?: string;
  analysisCondition?: string;
  analysisInterval?: string;
}

/** How a plan is to go about it, as the API takes it. */
export interface RolloutBody {
  batch?: number | string;
  maxUnavailable?: number;
  soakMs?: number;
  pauseAfter?: number | "each";
  onFailure?: "rollback" | "pause";
  analysis?: { prometheus: PrometheusBody };
}

interface PrometheusBody {
  url: string;
  query: string;
  condition: { operator: Operator; value: number };
  intervalMs?: number;
}

const operators = ["<", "<=", ">", ">=", "=="] as const;
type Operator = (typeof operators)[number];

export function addRolloutOptions(command: Command): Command {
  return command
    .option(
      "--batch <services>",
      "a few services of each image at a time: a number, or such as 25%",
    )
    .option("--soak <period>", "watch each batch for so long, such as 90s or 10m, before the next")
    .option("--pause-after <batch>", "wait for a person after this batch, such as 1, or after each")
    .addOption(
      new Option(
        "--on-failure <what>",
        "what a failure leads to; rollback, the default: everything goes back",
      ).choices(["rollback", "pause"]),
    )
    .option("--max-unavailable <services>", "of each image, so many at most are down at a time")
    .option("--analysis-url <url>", "a Prometheus that is asked while a batch is watched")
    .option("--analysis-query <promql>", "what it is asked; it gives one number")
    .option("--analysis-condition <condition>", "what that has to be, such as '< 0.01'")
    .option("--analysis-interval <period>", "how often it is asked; default: 30s");
}

/**
 * @returns null: none of the options was given, and the plan goes on as every plan does
 * @throws {Failure} for a value that cannot be read, with what it may be
 */
export function rolloutOf(options: RolloutOptions): RolloutBody | null {
  const { batch, maxUnavailable, soak, pauseAfter, onFailure } = options;
  const body: RolloutBody = {
    ...(batch === undefined ? {} : { batch: batchOf(batch) }),
    ...(maxUnavailable === undefined
      ? {}
      : { maxUnavailable: wholeNumber("--max-unavailable", maxUnavailable) }),
    ...(soak === undefined ? {} : { soakMs: soakOf(soak) }),
    ...(pauseAfter === undefined
      ? {}
      : {
          pauseAfter:
            pauseAfter === "each"
              ? "each"
              : wholeNumber("--pause-after", pauseAfter, ", or `each`"),
        }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...analysisOf(options),
  };
  return Object.keys(body).length === 0 ? null : body;
}

function analysisOf(options: RolloutOptions): Pick<RolloutBody, "analysis"> {
  const { analysisUrl: url, analysisQuery: query, soak } = options;
  const { analysisCondition: condition, analysisInterval: interval } = options;
  if ([url, query, condition, interval].every((given) => given === undefined)) return {};
  if (url === undefined || query === undefined || condition === undefined) {
    throw new Failure(
      "An analysis needs --analysis-url, --analysis-query and --analysis-condition together.",
    );
  }
  if (soak === undefined) {
    throw new Failure("An analysis needs --soak, which says how long each batch is watched.");
  }
  const prometheus: PrometheusBody = { url, query, condition: conditionOf(condition) };
  if (interval !== undefined) {
    const intervalMs = period(interval);
    if (intervalMs === null) {
      throw new Failure(`--analysis-interval ${interval}: write a period such as 10s or 1m.`);
    }
    prometheus.intervalMs = intervalMs;
  }
  return { analysis: { prometheus } };
}

function conditionOf(text: string): PrometheusBody["condition"] {
  const [, sign, number = ""] = /^\s*([<>=]{1,2})\s*(\S+)\s*$/.exec(text) ?? [];
  const operator = operators.find((one) => one === sign);
  const value = Number(number);
  if (operator === undefined || number === "" || !Number.isFinite(value)) {
    throw new Failure(
      `--analysis-condition ${text}: write one of ${operators.join(" ")} and a number, such as '< 0.01'.`,
    );
  }
  return { operator, value };
}

function batchOf(text: string): number | string {
  const [, percent] = /^(\d{1,3})%$/.exec(text) ?? [];
  if (percent !== undefined && Number(percent) >= 1 && Number(percent) <= 100) return text;
  return wholeNumber("--batch", text, ", or a percentage from 1% to 100%");
}

function soakOf(text: string): number {
  const ms = period(text);
  if (ms === null) throw new Failure(`--soak ${text}: write a period such as 90s, 10m or 2h.`);
  return ms;
}

function wholeNumber(option: string, text: string, or = ""): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1) throw new Failure(`${option} ${text}: write a whole number from 1${or}.`);
  return number;
}

/** Why a plan is paused, and what a person can do about it. */
export function pausedText(
  plan: Pick<Plan, "id" | "pausedReason" | "pausedBy" | "resumeDoes">,
): string {
  const { id, pausedReason, pausedBy, resumeDoes } = plan;
  return [
    `Paused: ${printable(pausedReason ?? "it waits for a person.")}`,
    ...(pausedBy === null ? [] : [`By: ${printable(pausedBy)}`]),
    `Go on:               bridgeport resume ${id}`,
    ...(resumeDoes === null ? [] : [`                     ${printable(resumeDoes)}`]),
    `Put everything back: bridgeport rollback ${id}`,
    `Leave it as it is:   bridgeport cancel ${id}`,
  ].join("\n");
}

const sizesShown = 8;

/**
 * What a careful rollout does, in a sentence: "In 3 batches: 1, 1, 1; a soak of 10 min after each; paused after
 * batch 1." null: the plan goes on as every plan does.
 */
export function rolloutText({
  rollout,
  services,
}: Pick<Plan, "rollout" | "services">): string | null {
  // An earlier control plane has none.
  if (!rollout) return null;
  const sizes: number[] = [];
  for (const { batch } of services) sizes[batch - 1] = (sizes[batch - 1] ?? 0) + 1;
  const { maxUnavailable, soakMs, pauseAfter, onFailure, analysis } = rollout;
  const parts = [
    batchesText(sizes),
    maxUnavailable === null
      ? ""
      : `at most ${counted(maxUnavailable, "service")} of an image down at a time`,
    soakMs === 0 ? "" : `a soak of ${periodText(soakMs)} after ${sizes.length > 1 ? "each" : "it"}`,
    analysis ? measuredText(analysis.prometheus) : "",
    pauseAfter === "each" && sizes.length > 1 ? "paused after each" : "",
    typeof pauseAfter === "number" && pauseAfter < sizes.length
      ? `paused after batch ${pauseAfter}`
      : "",
    onFailure === "pause" ? "paused if something fails" : "",
  ];
  return `${parts.filter((part) => part !== "").join("; ")}.`;
}

type Prometheus = NonNullable<NonNullable<Plan["rollout"]>["analysis"]>["prometheus"];

function measuredText({ query, condition: { operator, value } }: Prometheus): string {
  return `${printable(query)} has to be ${operator} ${value} meanwhile`;
}

function batchesText(sizes: readonly number[]): string {
  if (sizes.length === 1) return `In one batch of ${counted(sizes[0] ?? 0, "service")}`;
  const text = `In ${counted(sizes.length, "batch", "batches")}`;
  if (sizes.length <= sizesShown) return `${text}: ${sizes.join(", ")}`;
  return `${text} of at most ${counted(Math.max(0, ...sizes), "service")}`;
}
