import { isDeepStrictEqual } from "node:util";
import { comparedValue } from "./identity.ts";
import { type Item, itemKinds, itemsOf, keyOf } from "./items.ts";
import type { Mistake } from "./read-file.ts";
import type { Fleet } from "./schema.ts";

/** One difference of a field. Of a secret only whether there is one is known. */
export interface FieldChange {
  field: string;
  from: unknown;
  to: unknown;
  secret: boolean;
}

/** One thing to do so that the control plane is as the file says. */
export interface Change {
  action: "create" | "update" | "delete";
  /** as the file has it; as the control plane has it where it is to be deleted */
  item: Item;
  fields: FieldChange[];
}

/** What may be changed beside what the file names. */
export interface PlanningOptions {
  /** Delete what is there and not in a section that the file has. */
  prune?: boolean;
  /** Set secrets again that are there already. */
  secrets?: boolean;
}

/**
 * What has to be done, in an order in which it can be: dependencies that go, then what is created or
 * changed from the outside in, then what is deleted from the inside out. The same fleet twice: nothing.
 */
export function planChanges(
  current: Fleet,
  desired: Fleet,
  options: PlanningOptions = {},
): Change[] {
  const there = new Map(itemsOf(current).map((item) => [keyOf(item), item]));
  const wanted = new Map(itemsOf(desired).map((item) => [keyOf(item), item]));
  const changes: Change[] = [];
  for (const [key, item] of wanted) {
    const before = there.get(key);
    const fields = differences(before, item, options);
    if (!before) changes.push({ action: "create", item, fields });
    else if (fields.length > 0) changes.push({ action: "update", item, fields });
  }
  const gone = [...there.values()].filter((item) => !wanted.has(keyOf(item)));
  const deletions = gone
    .filter((item) => isToGo(item, desired, wanted, options.prune ?? false))
    .map((item): Change => ({ action: "delete", item, fields: [] }));
  const first = deletions.filter(({ item }) => item.kind === "dependency");
  const last = deletions
    .filter(({ item }) => item.kind !== "dependency")
    .sort((a, b) => itemKinds.indexOf(b.item.kind) - itemKinds.indexOf(a.item.kind));
  return [...first, ...changes, ...last];
}

function differences(
  before: Item | undefined,
  after: Item,
  { secrets = false }: PlanningOptions,
): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const [field, to] of Object.entries(after.fields)) {
    const from = before?.fields[field];
    const [was, wanted] = [from, to].map((value) => comparedValue(after.kind, field, value));
    if (!isDeepStrictEqual(was, wanted)) changes.push({ field, from, to, secret: false });
  }
  for (const [field, to] of Object.entries(after.secrets)) {
    // A user has a password of their own once they are there.
    if (before && after.kind === "user") continue;
    const from = before?.secrets[field] ?? before?.fields[field] ?? null;
    const differs = (from === null) !== (to === null) || (secrets && to !== null);
    if (differs) changes.push({ field, from: from === null ? null : "set", to, secret: true });
  }
  return changes;
}

/** Whether what the file does not name is to go: dependencies of a service that it names are all there are. */
function isToGo(
  { kind, at }: Item,
  desired: Fleet,
  wanted: Map<string, Item>,
  prune: boolean,
): boolean {
  if (kind === "dependency" && wanted.has(keyOf({ kind: "service", at: at.slice(0, 3) })))
    return true;
  if (!prune) return false;
  const env = desired.environments?.[at[0] ?? ""];
  switch (kind) {
    case "environment":
      return desired.environments !== undefined;
    case "registry":
      return env ? env.registries !== undefined : desired.environments !== undefined;
    case "image":
      return env ? env.images !== undefined : desired.environments !== undefined;
    case "server":
      return env ? env.servers !== undefined : desired.environments !== undefined;
    case "service":
    case "dependency": {
      const server = env?.servers?.[at[1] ?? ""];
      if (server) return server.services !== undefined;
      return env ? env.servers !== undefined : desired.environments !== undefined;
    }
    case "webhook":
      return desired.webhooks !== undefined;
    case "user":
      return desired.users !== undefined;
    case "settings":
      return false;
  }
}

/** Things that the file has twice, under names that mean the same. */
export function doubledNames(desired: Fleet): Mistake[] {
  const first = new Map<string, Item>();
  return itemsOf(desired).flatMap((item) => {
    const key = keyOf(item);
    const other = first.get(key);
    first.set(key, other ?? item);
    const message = `is the same ${item.kind} as ${other?.at.join(" / ")}`;
    return other ? [{ path: item.path, message }] : [];
  });
}

/** Names in the file that name nothing, neither in the file nor at the control plane. */
export function danglingNames(current: Fleet, desired: Fleet): Mistake[] {
  const known = new Set([...itemsOf(current), ...itemsOf(desired)].map(keyOf));
  const mistakes: Mistake[] = [];
  const need = (item: Item, at: string[], kind: Item["kind"], field: string[], what: string) => {
    if (known.has(keyOf({ kind, at }))) return;
    mistakes.push({
      path: [...item.path, ...field],
      message: `there is no ${what}, neither in this file nor at the control plane`,
    });
  };
  const jobs = new Set<string>();
  for (const item of itemsOf(desired)) {
    const [env = "", server = ""] = item.at;
    const { fields } = item;
    if (item.kind === "image" && typeof fields.registry === "string") {
      need(
        item,
        [env, fields.registry],
        "registry",
        ["registry"],
        `registry "${fields.registry}" in ${env}`,
      );
    } else if (item.kind === "service") {
      const image = String(fields.image);
      need(item, [env, image], "image", ["image"], `image "${image}" in ${env}`);
      if (fields.job === null) continue;
      const key = keyOf({ kind: "image", at: [env, image] });
      if (jobs.has(key)) {
        const message = `another service has the job of the image "${image}" already: one may`;
        mistakes.push({ path: [...item.path, "job"], message });
      }
      jobs.add(key);
    } else if (item.kind === "dependency") {
      const on = item.at[3] ?? "";
      const slash = on.lastIndexOf("/");
      const at = [env, on.slice(0, slash), on.slice(slash + 1)];
      need(
        item,
        at,
        "service",
        ["service"],
        `service "${at[1] === server ? at[2] : on}" in ${env}`,
      );
    } else if (item.kind === "webhook") {
      for (const name of (fields.environments as string[] | null) ?? []) {
        need(item, [name], "environment", ["environments"], `environment "${name}"`);
      }
    } else if (item.kind === "user") {
      for (const name of Object.keys(fields.roles as object)) {
        need(item, [name], "environment", ["roles", name], `environment "${name}"`);
      }
    }
  }
  return mistakes;
}

/** What is missing to create something, found before anything is done. */
export function missingForCreation(changes: Change[]): Mistake[] {
  return changes
    .filter(
      ({ action, item }) => action === "create" && item.kind === "user" && !item.secrets.password,
    )
    .map(({ item }) => ({
      path: [...item.path, "password"],
      message: "this user is not there yet: say where the first password is, such as {env: NAME}",
    }));
}
