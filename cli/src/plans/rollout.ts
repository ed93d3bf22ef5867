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
}

/** How a plan is to go about it, as the API takes it. */
export interface RolloutBody {
  batch?: number | string;
  maxUnavailable?: number;
  soakMs?: number;
  pauseAfter?: number | "each";
  onFailure?: "rollback" | "pause";
}

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
    .option("--max-unavailable <services>", "of each image, so many at most are down at a time");
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
  };
  return Object.keys(body).length === 0 ? null : body;
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
  const { maxUnavailable, soakMs, pauseAfter, onFailure } = rollout;
  const parts = [
    batchesText(sizes),
    maxUnavailable === null
      ? ""
      : `at most ${counted(maxUnavailable, "service")} of an image down at a time`,
    soakMs === 0 ? "" : `a soak of ${periodText(soakMs)} after ${sizes.length > 1 ? "each" : "it"}`,
    pauseAfter === "each" && sizes.length > 1 ? "paused after each" : "",
    typeof pauseAfter === "number" && pauseAfter < sizes.length
      ? `paused after batch ${pauseAfter}`
      : "",
    onFailure === "pause" ? "paused if something fails" : "",
  ];
  return `${parts.filter((part) => part !== "").join("; ")}.`;
}

function batchesText(sizes: readonly number[]): string {
  if (sizes.length === 1) return `In one batch of ${counted(sizes[0] ?? 0, "service")}`;
  const text = `In ${counted(sizes.length, "batch", "batches")}`;
  if (sizes.length <= sizesShown) return `${text}: ${sizes.join(", ")}`;
  return `${text} of at most ${counted(Math.max(0, ...sizes), "service")}`;
}
