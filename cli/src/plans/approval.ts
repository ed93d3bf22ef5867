import type { Plan } from "@bridgeport/client";
import { printable } from "../terminal/text.ts";
import { counted } from "../terminal/units.ts";

/** What a plan that waits for approval needs, who has approved it, and until when there is time. */
export function approvalText({
  approvalsRequired,
  approvals,
  approvalExpiresAt,
}: Pick<Plan, "approvalsRequired" | "approvals" | "approvalExpiresAt">): string {
  const by = approvals.map(({ user }) => printable(user)).join(", ");
  const given = approvals.length === 0 ? "none was given" : `given by ${by}`;
  const until = approvalExpiresAt === null ? "" : ` It is cancelled at ${approvalExpiresAt}.`;
  return `It waits for ${counted(approvalsRequired, "approval")}; ${given}.${until}`;
}
