/**
 * Query keys start with a subject. `["services", envId]` is a list of an environment,
 * `["service", id]` one of them; `["image", id, "digests"]` belongs to that image.
 */
export type Key = readonly (string | null)[];

/** What changed: the thing's own id, and its environment; where one is not known, any is meant. */
export interface Changed {
  environmentId?: string | null;
  id?: string;
}

/**
 * What is read again when something of a subject changed: the one table for what the server tells
 * (`<subject>.changed`) and for what the console changed itself. A key covers everything that starts with it.
 */
const stale = {
  service: ({ environmentId: env, id }) => [...servicesIn(env), ["service", id]],
  // A container is known by its name only; whichever service it belongs to has changed.
  container: ({ environmentId: env }) => [...servicesIn(env), ["service"]],
  server: ({ environmentId: env, id }) => [["servers", env], ["server", id], ["environments"]],
  image: ({ environmentId: env, id }) => [
    ["images", env],
    ["image", id],
    ["services", env],
    ["service"],
    // which say how many images they have, and when one was checked
    ["registries", env],
  ],
  plan: ({ environmentId: env, id }) => [["plans", env], ["plan", id], ["image"], ["service"]],
  registry: ({ environmentId: env, id }) => [
    ["registries", env],
    ["registry", id],
  ],
  environment: ({ environmentId: env }) => [["environments"], ["operations", env]],
  "signature-rule": () => [["signature-rule"]],
  // Who may log in, and how: an administrator's own account is one of them.
  user: () => [["users"], ["sessions"], ["passkeys"], ["second-factor"]],
  token: () => [["tokens"]],
  notification: () => [["notifications"]],
  webhook: () => [["webhooks"]],
  "agent-authority": () => [["agent-authority"]],
} as const satisfies Record<string, (changed: Changed) => LooseKey[]>;

export type Subject = keyof typeof stale;
/** What is not known ends the key. */
type LooseKey = readonly (string | null | undefined)[];

const servicesIn = (env: Changed["environmentId"]): LooseKey[] => [
  ["services", env],
  ["images", env],
  ["image"],
  ["servers", env],
  ["server"],
  ["graph", env],
];

/** Keys that may be out of date after a change. */
export function staleKeys(subject: Subject, changed: Changed = {}): Key[] {
  return coveringKeys(
    (stale[subject](changed) as LooseKey[]).map((key) => key.filter((part) => part !== undefined)),
  );
}

/** The subject of a message such as `service.changed`; null for what a newer server may send. */
export function subjectOf(event: string): Subject | null {
  const subject = event.replace(/\.changed$/, "");
  return subject !== event && Object.hasOwn(stale, subject) ? (subject as Subject) : null;
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
