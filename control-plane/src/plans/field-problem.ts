import { Problem } from "../problem.ts";

/**
 * A 400 about one field of a request.
 * @param at the part of the request that the field is of, such as `targets[2]`; undefined: the request itself
 */
export function fieldProblem(
  at: string | undefined,
  field: string,
  code: string,
  message: string,
): Problem {
  const path = at === undefined ? field : `${at}.${field}`;
  return new Problem("invalid", code, `${path}: ${message}`, { details: [{ path, message }] });
}

/**
 * What goes wrong in here is said of that field of a target; where `at` is undefined, of the request as
 * it is.
 */
export function within<T>(at: string | undefined, field: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw saidOf(at, field, error);
  }
}

/** The same of what goes wrong later. */
export function saidOf(at: string | undefined, field: string, error: unknown): unknown {
  if (at === undefined || !(error instanceof Problem)) return error;
  const { kind, code, message, retryAfterSeconds } = error;
  const path = `${at}.${field}`;
  return new Problem(kind, code, `${path}: ${message}`, {
    details: [{ path, message }],
    cause: error,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
