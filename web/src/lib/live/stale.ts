/** What the server says about an environment: something changed, read it again. */
export interface Changed {
  /** such as `service.changed` */
  event: string;
  id: string;
}

/**
 * Query keys start with a subject. `["services", envId]` is a list of an environment,
 * `["service", id]` one of them; `["image", id, "digests"]` belongs to that image.
 */
export type Key = readonly (string | null)[];

/** Keys (and everything that starts with them) that may be out of date after `changed`. */
export function staleKeys(environmentId: string, { event, id }: Changed): Key[] {
  switch (event) {
    case "service.changed":
    case "container.changed":
      // A container is known by its name only; whichever service it belongs to has changed.
      return [
        ["services", environmentId],
        ["service", ...(event === "service.changed" ? [id] : [])],
        ["images", environmentId],
        ["image"],
        ["servers", environmentId],
        ["server"],
        ["graph", environmentId],
      ];
    case "server.changed":
      return [["servers", environmentId], ["server", id], ["environments"]];
    case "image.changed":
      return [
        ["images", environmentId],
        ["image", id],
        ["services", environmentId],
        ["service"],
        // which say how many images they have, and when one was checked
        ["registries", environmentId],
      ];
    case "plan.changed":
      return [["plans", environmentId], ["plan", id], ["image"], ["service"]];
    case "registry.changed":
      return [
        ["registries", environmentId],
        ["registry", id],
      ];
    case "environment.changed":
      return [["environments"], ["operations", environmentId]];
    default:
      return [];
  }
}

/** `keys` without those that another one of them already covers. */
export function coveringKeys(keys: readonly Key[]): Key[] {
  const kept: Key[] = [];
  for (const key of [...keys].sort((a, b) => a.length - b.length)) {
    if (!kept.some((other) => other.every((part, index) => part === key[index]))) kept.push(key);
  }
  return kept;
}

/** Milliseconds to wait before the attempt after `failures` in a row: full jitter up to 15 s. */
export function backoff(failures: number, random: number): number {
  const ceiling = Math.min(15_000, 500 * 2 ** Math.min(failures, 6));
  return Math.round(250 + random * (ceiling - 250));
}
