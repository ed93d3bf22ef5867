import { clock } from "$lib/state/clock.svelte.ts";
import { environments } from "$lib/state/environment.svelte.ts";
import { session } from "$lib/state/session.svelte.ts";
import { freezeOf, freezeSentence } from "./freeze.ts";

/** Why this user may not start a plan in the environment that is shown now; null: they may. */
export function deployRefusal(): string | null {
  const freeze = freezeOf(environments.shown, clock.now);
  return session.refusal("operator") ?? (freeze && freezeSentence(freeze));
}
