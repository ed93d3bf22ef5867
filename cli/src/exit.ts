import { ApiProblem } from "@bridgeport/client";

/** What a command's end means to the shell; docs/cli.md has the same list. */
export const exit = {
  ok: 0,
  /** wrong usage, not found, no answer, not logged in, a plan that was cancelled */
  other: 1,
  rolledBack: 2,
  failed: 3,
  /** the control plane refused: a rule, a role, a conflict */
  refused: 4,
  /** a plan was made that waits for approval */
  waitsForApproval: 6,
  /** a plan is paused, and waits for a person */
  paused: 7,
  /** Ctrl-C, as shells say it */
  interrupted: 130,
  /** nobody reads on what is printed, as in `… | head`: a plan goes on, `apply` stops */
  unread: 141,
} as const;

/** The end of a command, with the sentence to show and the exit code. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exit.other, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** True for what the control plane understood and did not want to do. */
export function isRefusal(error: unknown): error is ApiProblem {
  return error instanceof ApiProblem && [400, 403, 409, 422].includes(error.status);
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof Failure) return error.exitCode;
  return isRefusal(error) ? exit.refused : exit.other;
}
