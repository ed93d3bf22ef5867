import type { Plan } from "@bridgeport/client";
import { exit } from "../exit.ts";

/**
 * The exit code of a plan's end, or of a pause that is not waited for. A rollback that was asked for has succeeded when everything is back.
 * @param wanted the status that was asked for
 */
export function planExitCode(
  status: Plan["status"],
  wanted: "completed" | "rolled_back" | "cancelled" = "completed",
): number {
  if (status === wanted) return exit.ok;
  if (status === "rolled_back") return exit.rolledBack;
  if (status === "paused") return exit.paused;
  return status === "failed" ? exit.failed : exit.other;
}
