/**
 * What came of asking a registry. Everything that a registry can do wrong is a value, not an
 * exception: `kind` is for programs, `message` a sentence that tells a person what to do.
 */
export type RegistryFailureKind =
  | "unauthorized" // the registry wants other credentials, or does not admit that the thing exists
  | "forbidden" // the credentials are known and not allowed to
  | "not_found"
  | "rate_limited"
  | "unreachable" // no connection, or no answer in time
  | "bad_answer" // an answer that is not the protocol's, or a body that is not its digest's
  | "not_an_image" // understood, and nothing that can be run: a signature, a chart, a cache
  | "too_large" // more than is read of such a thing
  | "unsupported"; // not something that can be read here

export interface RegistryFailure {
  ok: false;
  kind: RegistryFailureKind;
  message: string;
  /** the HTTP status; null: there was no answer */
  status: number | null;
  /** epoch milliseconds before which asking again is pointless; null: unknown */
  retryAt: number | null;
}

export type Outcome<T> = { ok: true; value: T } | RegistryFailure;

export function success<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function failure(
  kind: RegistryFailureKind,
  message: string,
  more: { status?: number; retryAt?: number } = {},
): RegistryFailure {
  return {
    ok: false,
    kind,
    message,
    status: more.status ?? null,
    retryAt: more.retryAt ?? null,
  };
}

/** Whether a failure concerns the whole registry, so that asking it for more is pointless now. */
export function concernsWholeRegistry(failed: RegistryFailure): boolean {
  return failed.kind === "unreachable" || failed.kind === "rate_limited";
}
