import type { Environment } from "../api/model.ts";
import { router } from "../router/router.svelte.ts";

const storageKey = "bridgeport.environment";

/** The environments, and the one that the address names (by name, or by id). */
class Environments {
  all = $state.raw<Environment[]>([]);
  /** they were read */
  known = $state(false);

  readonly current = $derived(find(this.all, router.params.env));

  /** The one to open where the address names none: the last one used here. */
  preferred(): Environment | null {
    return find(this.all, remembered() ?? undefined) ?? this.all[0] ?? null;
  }

  /** The environment that was last opened; the sidebar keeps it on pages that belong to none. */
  readonly shown = $derived(this.current ?? this.preferred());

  remember(environment: Environment): void {
    try {
      localStorage.setItem(storageKey, environment.id);
    } catch {
      // without storage the first environment is opened next time
    }
  }
}

function find(all: Environment[], wanted: string | undefined): Environment | null {
  if (wanted === undefined) return null;
  const name = wanted.toLowerCase();
  return all.find(({ id, name: own }) => id === wanted || own.toLowerCase() === name) ?? null;
}

function remembered(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

export const environments = new Environments();

/** The address of a place in an environment, such as `images` or `plans/<id>`. */
export function placeHref(environment: Pick<Environment, "name">, place = ""): string {
  const base = `/e/${encodeURIComponent(environment.name)}`;
  return place === "" ? base : `${base}/${place}`;
}

/** The same for the environment that is shown. */
export function href(place = ""): string {
  return environments.shown ? placeHref(environments.shown, place) : "/";
}
