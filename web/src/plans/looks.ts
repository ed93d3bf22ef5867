import type { PlanStep } from "$lib/api/model.ts";
import { type Look, stepLook } from "$lib/wording/status.ts";
import type { ServiceState } from "./progress.ts";

const looks: Record<ServiceState, Look> = {
  waiting: { tone: "neutral", text: "Waiting" },
  pulling: { tone: "info", text: "Pulling", active: true },
  deploying: { tone: "info", text: "Replacing", active: true },
  checking: { tone: "info", text: "Checking health", active: true },
  done: { tone: "ok", text: "Done" },
  failed: { tone: "bad", text: "Failed" },
  going_back: { tone: "warn", text: "Going back", active: true },
  back: { tone: "warn", text: "Back as before" },
  not_back: { tone: "bad", text: "Could not go back" },
  skipped: { tone: "neutral", text: "Not touched" },
};

export function stateLook(state: ServiceState): Look {
  return looks[state];
}

/** How the watching of a batch goes. */
export function soakLook({ status, soak }: Pick<PlanStep, "status" | "soak">): Look {
  if (soak?.durationMs === 0) return stepLook(status);
  if (status === "running") return { tone: "info", text: "Being watched", active: true };
  if (status === "success") return { tone: "ok", text: "Stayed healthy" };
  return stepLook(status);
}
