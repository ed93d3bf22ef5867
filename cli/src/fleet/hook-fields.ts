import type { FleetHooks, SecretReference } from "./schema.ts";

/*
 * An image's hooks among its fields: one field for each thing that is set of a hook, such as
 * `hooks.before["release window"].url`, so that they are compared one by one. A hook is known by its name and
 * by when it is called; the values of its headers, and an address by reference, are secrets.
 */

type Moment = keyof FleetHooks;
export const moments: readonly Moment[] = ["before", "after"];

/** What the fields of a hook begin with. */
export const hookPlace = (moment: Moment, name: string) =>
  `hooks.${moment}[${JSON.stringify(name)}].`;
/** The field of a header's value. */
export const headerField = (hook: string, name: string) =>
  `${hook}headers[${JSON.stringify(name)}]`;

export const isHookField = (field: string) => field.startsWith("hooks.");

export const hasHooks = (fields: Readonly<Record<string, unknown>>) =>
  moments.some((moment) => (fields[`hooks.${moment}`] as string[]).length > 0);

/** The fields of an image's hooks, and their secrets. */
export function hookFields(hooks: FleetHooks) {
  const fields: Record<string, unknown> = {};
  const secrets: Record<string, SecretReference> = {};
  for (const moment of moments) {
    // They are called in this order.
    fields[`hooks.${moment}`] = hooks[moment].map(({ name }) => name);
    for (const { name, url, headers, ...rest } of hooks[moment]) {
      const hook = hookPlace(moment, name);
      if (typeof url === "string") fields[`${hook}url`] = url;
      else secrets[`${hook}url`] = url;
      for (const [field, value] of Object.entries(rest)) fields[`${hook}${field}`] = value;
      fields[`${hook}headers`] = Object.keys(headers).sort();
      for (const [header, value] of Object.entries(headers)) {
        secrets[headerField(hook, header)] = value;
      }
    }
  }
  return { fields, secrets };
}

/** Whether a secret is of a hook whose address changes: the control plane wants it again for another one. */
export function movesWithHook(secret: string, changed: readonly string[]): boolean {
  return changed.some(
    (field) =>
      isHookField(field) && field.endsWith(".url") && secret.startsWith(field.slice(0, -3)),
  );
}
