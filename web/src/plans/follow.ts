import type { QueryClient } from "@tanstack/svelte-query";
import type { Plan } from "$lib/api/model.ts";
import { live } from "$lib/live/live.svelte.ts";

/** Keeps a plan in the cache as it is on the server, step by step. Returns the function that ends it. */
export function followPlan(client: QueryClient, id: string): () => void {
  const queryKey = ["plan", id];
  return live.subscribe(`plan:${id}`, ({ event, data }) => {
    if (event === "subscribed") void client.invalidateQueries({ queryKey });
    if (event === "plan") client.setQueryData(queryKey, (data as { plan: Plan }).plan);
  });
}
