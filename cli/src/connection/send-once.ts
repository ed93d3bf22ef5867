import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiProblem } from "@bridgeport/client";
import { exit, Failure } from "../exit.ts";
import { explain } from "./explain.ts";

const mostAttempts = 10;

/**
 * Sends what must have its effect once, and repeats it where the answer was lost: the key says that it is
 * the same. Where no connection was made, nothing has happened, and the first error is the answer.
 * @throws {Failure} when it cannot be found out whether it was done; {ApiProblem} when it was not
 * @param send called with the key to send along
 * @param pause waits before the next attempt; default: 0.5 s, then longer, at most 10 s
 */
export async function sendOnce<T>(
  send: (idempotencyKey: string) => Promise<T>,
  pause: (attempt: number) => Promise<unknown> = (attempt) =>
    sleep(Math.min(10_000, 500 * attempt)),
): Promise<T> {
  const key = randomUUID();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(key);
    } catch (error) {
      const again = attempt === 1 ? isLost(error) : isLost(error) || isAway(error);
      if (!again) throw error;
      if (attempt === mostAttempts) {
        throw new Failure(
          `${explain(error)}\nWhether it was done is not known: \`bridgeport plans\` shows it when the control plane is there again.`,
          exit.other,
          { cause: error },
        );
      }
    }
    await pause(attempt);
  }
}

/** The request may have been taken, and its answer is not known. */
function isLost(error: unknown): boolean {
  if (!(error instanceof ApiProblem)) return false;
  if (error.status === 0) return !neverSent.has(codeOf(error.cause));
  // A proxy whose control plane went away meanwhile.
  if (error.status >= 502 && error.status <= 504) return error.code === "unexpected_answer";
  return error.code === "idempotency_key_in_progress";
}

/** After a first attempt that was lost: the control plane is being started again. */
function isAway(error: unknown): boolean {
  return error instanceof ApiProblem && (error.status === 0 || error.status === 503);
}

const neverSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** The code of the innermost cause that has one; those of certificates say that nothing was sent either. */
function codeOf(thrown: unknown): string {
  let error: unknown = thrown;
  let found = "";
  for (let depth = 0; error instanceof Error && depth < 8; depth += 1) {
    const { code } = error as NodeJS.ErrnoException;
    if (typeof code === "string") found = /CERT|TLS|SSL/.test(code) ? "ECONNREFUSED" : code;
    error = error instanceof AggregateError ? error.errors[0] : error.cause;
  }
  return found;
}
