import type { QueryClient } from "@tanstack/svelte-query";
import type { Plan } from "$lib/api/model.ts";
import { keptByStream } from "$lib/live/freshness.ts";
import { live } from "$lib/live/live.svelte.ts";
import { type PlanChanges, withChanges } from "./plan-changes.ts";

/** Plans that are followed, each with how many parts of the page show it. */
const followed = new Map<string, { parts: number; stop: () => void }>();

/** Keeps a plan in the cache as it is on the server, step by step. Returns the function that ends it. */
export function followPlan(client: QueryClient, id: string): () => void {
  const one = followed.get(id) ?? { parts: 0, stop: follow(client, id) };
  followed.set(id, one);
  one.parts += 1;
  return () => {
    one.parts -= 1;
    if (one.parts > 0) return;
    followed.delete(id);
    one.stop();
  };
}

function follow(client: QueryClient, id: string): () => void {
  const queryKey = ["plan", id];
  /** as it was told last: the cache may have an older one, from an answer that was slow */
  let told: Plan | undefined;
  let release = () => {};
  const unsubscribe = live.subscribe(`plan-changes:${id}`, ({ event, data }) => {
    if (event === "plan") {
      told = (data as { plan: Plan }).plan;
      // It comes whole again after each reconnect.
      release = keptByStream(queryKey);
    } else if (event === "changes" && told) told = withChanges(told, data as PlanChanges);
    else return;
    // What the cache has already stays the same object, so that it need not be compared again.
    told = client.setQueryData<Plan>(queryKey, told) ?? told;
  });
  return () => {
    release();
    unsubscribe();
  };
}
