import { queryOptions } from "@tanstack/svelte-query";
import { api } from "$lib/api/client.ts";
import type { Hooks } from "$lib/api/model.ts";
import { ApiProblem } from "$lib/api/problem.ts";
import { period } from "$lib/wording/relative-time.ts";
import { count, hostOf } from "$lib/wording/wording.ts";

export type Moment = keyof Hooks;
export type Hook = Hooks[Moment][number];

/** Which hook: no two of one moment have the same name. */
export interface Place {
  moment: Moment;
  name: string;
}

/** When hooks are called, and what becomes of a plan when one fails. */
export const moments: readonly { moment: Moment; title: string; failure: string }[] = [
  {
    moment: "before",
    title: "Before a plan touches anything",
    failure:
      "Any answer but 2xx, or none in time, ends the plan as failed, with nothing pulled or replaced.",
  },
  {
    moment: "after",
    title: "After a plan has ended, however it ends",
    failure: "What it answers changes nothing; the plan's page shows it.",
  },
];

/** Values of headers come as `***`; writing that back keeps the stored value. */
export const hiddenValue = "***";

/** Read again with each page: other people's changes are not told. */
export const imageHooksQuery = (id: string) =>
  queryOptions({
    queryKey: ["image", id, "hooks"],
    queryFn: async ({ signal }) =>
      (await api.get("/api/container-images/{id}/hooks", { path: { id }, signal })).hooks,
    staleTime: 0,
  });

/**
 * Changes the hooks of an image as they are now, which may not be what the page still shows.
 * @returns them as they are after that
 * @throws {ApiProblem} where the change cannot be made, or is refused
 */
export async function changeHooks(id: string, change: (now: Hooks) => Hooks): Promise<Hooks> {
  const path = { id };
  const { hooks } = await api.get("/api/container-images/{id}/hooks", { path });
  const answer = await api.put("/api/container-images/{id}/hooks", { path, body: change(hooks) });
  return answer.hooks;
}

/** With one more hook at the end of its moment. */
export function withHook(hooks: Hooks, moment: Moment, hook: Hook): Hooks {
  return { ...hooks, [moment]: [...hooks[moment], hook] };
}

/** With another hook in the place of one. */
export function withChangedHook(hooks: Hooks, place: Place, hook: Hook): Hooks {
  return { ...hooks, [place.moment]: hooks[place.moment].with(indexOf(hooks, place), hook) };
}

export function withoutHook(hooks: Hooks, place: Place): Hooks {
  return { ...hooks, [place.moment]: hooks[place.moment].toSpliced(indexOf(hooks, place), 1) };
}

/** With a hook called one place earlier or later; the first and the last one stay where they are. */
export function withMovedHook(hooks: Hooks, place: Place, way: "earlier" | "later"): Hooks {
  const list = [...hooks[place.moment]];
  const from = indexOf(hooks, place);
  const [hook] = list.splice(from, 1);
  if (hook) list.splice(Math.max(0, from + (way === "earlier" ? -1 : 1)), 0, hook);
  return { ...hooks, [place.moment]: list };
}

function indexOf(hooks: Hooks, { moment, name }: Place): number {
  const index = hooks[moment].findIndex((hook) => hook.name === name);
  if (index >= 0) return index;
  throw new ApiProblem(
    409,
    "conflict",
    `The hook ${name} is no longer there: it was removed or renamed meanwhile. Reload the page to see what is.`,
    [],
  );
}

/** What is called, in short: `POST calendar.example.com, 10 s at most, 1 header`. */
export function hookFacts({ method, url, timeoutMs, headers, body }: Hook): string {
  const held = Object.keys(headers).length;
  return [
    `${method} ${hostOf(url) ?? url}`,
    `${period(timeoutMs)} at most`,
    ...(held > 0 ? [count(held, "header")] : []),
    ...(body === null ? [] : ["a body of its own"]),
  ].join(", ");
}
