import type { QueryClient } from "@tanstack/svelte-query";
import { live } from "./live.svelte.ts";
import {
  type Changed,
  coveringKeys,
  type Key,
  type Subject,
  staleKeys,
  subjectOf,
} from "./stale.ts";

/** Reads again whatever shows something that the console has changed; resolved when that is there. */
export async function readAgain(client: QueryClient, subject: Subject, what: Changed = {}) {
  const keys = staleKeys(subject, what);
  await Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
}

/** Keys of what a stream of its own keeps as it is on the server. */
const streamed = new Set<string>();

/** Nothing that changes has the query of this key read again, until the returned function is called. */
export function keptByStream(key: Key): () => void {
  const text = JSON.stringify(key);
  streamed.add(text);
  return () => streamed.delete(text);
}
const predicate = ({ queryKey }: { queryKey: readonly unknown[] }) =>
  !streamed.has(JSON.stringify(queryKey));

const gatherMs = 60;
const pauseMs = 400;

/**
 * Reads again what changes in an environment: at once for the first change, then at most
 * every `pauseMs`, so that a hundred restarting containers cost a few requests.
 * Returns the function that ends it.
 */
export function keepFresh(client: QueryClient, environmentId: string): () => void {
  let pending: Key[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;

  const flush = () => {
    timer = undefined;
    last = Date.now();
    for (const queryKey of coveringKeys(pending))
      void client.invalidateQueries({ queryKey, predicate });
    pending = [];
  };
  const unsubscribe = live.subscribe(`environment:${environmentId}`, ({ event, data }) => {
    if (event === "subscribed") return void client.invalidateQueries({ predicate });
    const id = typeof data === "object" && data !== null && "id" in data ? String(data.id) : "";
    const subject = subjectOf(event);
    if (subject !== null) pending.push(...staleKeys(subject, { environmentId, id }));
    if (pending.length > 0) {
      timer ??= setTimeout(flush, Math.max(gatherMs, last + pauseMs - Date.now()));
    }
  });
  const endResync = live.onResync(() => void client.invalidateQueries({ predicate }));
  return () => {
    clearTimeout(timer);
    unsubscribe();
    endResync();
  };
}
