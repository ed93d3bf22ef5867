import { AsyncLocalStorage } from "node:async_hooks";

/**
 * What the code that runs is about. Each line that it writes to the log has these ids, however deep in the
 * program that is.
 */
export interface Activity {
  /** the one that the HTTP request is answered with */
  requestId?: string;
  planId?: string;
  serverId?: string;
  /** of the request's span, as the header `traceparent` has it; absent: traces are not wanted */
  traceParent?: string;
}

const current = new AsyncLocalStorage<Activity>();

/** Does `work`, all that it awaits too, as a part of what is done already. */
export function during<T>(activity: Activity, work: () => T): T {
  return current.run({ ...current.getStore(), ...activity }, work);
}

/** Adds what has become known meanwhile to what is being done, if anything is. */
export function concerns(activity: Activity): void {
  const known = current.getStore();
  if (known) Object.assign(known, activity);
}

/** A copy. Empty: nothing is known. */
export function activity(): Activity {
  return { ...current.getStore() };
}

/** What the log says of it. */
export function loggedActivity(): Record<string, string> {
  const { traceParent, ...ids } = activity();
  const traceId = traceParent?.split("-")[1];
  return traceId === undefined ? ids : { ...ids, traceId };
}
