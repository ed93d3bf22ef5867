import type { Environment } from "$lib/api/model.ts";
import { exactTime } from "$lib/wording/relative-time.ts";

export type Freeze = NonNullable<Environment["freeze"]>;

/** The freeze that counts at this moment: one that has ended may not have been read again yet. */
export function freezeOf(
  environment: Pick<Environment, "freeze"> | null | undefined,
  now: number,
): Freeze | null {
  const freeze = environment?.freeze ?? null;
  return freeze !== null && Date.parse(freeze.until) > now ? freeze : null;
}

/** Until when, why, and by whom. */
export function freezeSentence({ until, reason, by, everywhere }: Freeze): string {
  const what = everywhere ? "All environments are frozen" : "This environment is frozen";
  return `${what} until ${exactTime(Date.parse(until))}, by ${by}: ${reason}`;
}
