import type { Plan } from "@bridgeport/client";
import { exit } from "../exit.ts";

/**
 * The exit code of a plan's end. A rollback that was asked for has succeeded when everything is back.
 * @param wanted the status that was asked for
 */
export function planExitCode(
  status: Plan["status"],
  wanted: "completed" | "rolled_back" | "cancelled" = "completed",
): number {
  if (status === wanted) return exit.ok;
  if (status === "rolled_back") return exit.rolledBack;
  return status === "failed" ? exit.failed : exit.other;
}
