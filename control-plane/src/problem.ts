/** Why a request cannot be done, in the terms of the domain; `http/` gives each its status. */
export type ProblemKind =
  | "invalid" // bad input, or refused by a rule
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "derived_field" // a field that the product computes was sent
  | "too_large"
  | "rate_limited"
  | "registry" // the registry answered badly
  | "not_ready" // it is not there yet
  | "agent_unavailable"; // the agent of that server is not connected

export interface ProblemDetail {
  path: string;
  message: string;
}

/**
 * An expected refusal. `message` is a sentence that a person can act on, `code` a stable
 * word in snake_case that a program can.
 */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly kind: ProblemKind;
  readonly code: string;
  readonly details: ProblemDetail[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    kind: ProblemKind,
    code: string,
    message: string,
    more: { details?: ProblemDetail[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.kind = kind;
    this.code = code;
    this.details = more.details;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

export function notFound(what: string): Problem {
  return new Problem("not_found", "not_found", `No such ${what}`);
}
