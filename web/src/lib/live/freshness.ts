import type { QueryClient } from "@tanstack/svelte-query";
import { live } from "./live.svelte.ts";
import { coveringKeys, type Key, staleKeys } from "./stale.ts";

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
    for (const queryKey of coveringKeys(pending)) void client.invalidateQueries({ queryKey });
    pending = [];
  };
  const unsubscribe = live.subscribe(`environment:${environmentId}`, ({ event, data }) => {
    if (event === "subscribed") return void client.invalidateQueries();
    const id = typeof data === "object" && data !== null && "id" in data ? String(data.id) : "";
    pending.push(...staleKeys(environmentId, { event, id }));
    if (pending.length > 0) {
      timer ??= setTimeout(flush, Math.max(gatherMs, last + pauseMs - Date.now()));
    }
  });
  const endResync = live.onResync(() => void client.invalidateQueries());
  return () => {
    clearTimeout(timer);
    unsubscribe();
    endResync();
  };
}
