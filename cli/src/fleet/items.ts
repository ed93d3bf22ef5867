import { hookFields } from "./hook-fields.ts";
import { comparedName } from "./identity.ts";
import type { Fleet, SecretReference } from "./schema.ts";

/** The kinds of things in a fleet, in the order in which they can be created. */
export const itemKinds = [
  "settings",
  "environment",
  "registry",
  "image",
  "server",
  "service",
  "dependency",
  "webhook",
  "user",
] as const;
export type ItemKind = (typeof itemKinds)[number];

/** One thing that the control plane keeps: what it is, what it is called, and what is set of it. */
export interface Item {
  kind: ItemKind;
  /** its names from the outside in, such as environment and registry */
  at: string[];
  /** where it stands in the file */
  path: string[];
  fields: Record<string, unknown>;
  /** what can be set and not be read; null: there is none */
  secrets: Record<string, SecretReference | null>;
}

/** A name for an item that no other one has, however its own names are written. */
export function keyOf({ kind, at }: Pick<Item, "kind" | "at">): string {
  return `${kind} ${JSON.stringify(at.map((name, index) => comparedName(kind, index, name)))}`;
}

/** Everything in a fleet as a flat list, in the order of the kinds. */
export function itemsOf(fleet: Fleet): Item[] {
  const items: Item[] = [];
  const add = (
    kind: ItemKind,
    at: string[],
    path: string[],
    fields: Item["fields"],
    secrets: Item["secrets"] = {},
  ) => items.push({ kind, at, path, fields, secrets });

  if (fleet.settings) add("settings", [], ["settings"], fleet.settings);
  for (const [env, one] of Object.entries(fleet.environments ?? {})) {
    const { registries = {}, images = {}, servers = {}, ...fields } = one;
    const path = ["environments", env];
    add("environment", [env], path, fields);
    for (const [name, { token, password, ...rest }] of Object.entries(registries)) {
      add("registry", [env, name], [...path, "registries", name], rest, { token, password });
    }
    for (const [imageName, { name, hooks, ...rest }] of Object.entries(images)) {
      const { fields: ofHooks, secrets } = hookFields(hooks);
      const own = { name: name ?? lastPart(imageName), ...rest, ...ofHooks };
      add("image", [env, imageName], [...path, "images", imageName], own, secrets);
    }
    for (const [serverName, { services = {}, ...rest }] of Object.entries(servers)) {
      const ofServer = [...path, "servers", serverName];
      add("server", [env, serverName], ofServer, rest);
      for (const [container, { dependsOn, name, ...own }] of Object.entries(services)) {
        const ofService = [...ofServer, "services", container];
        const at = [env, serverName, container];
        add("service", at, ofService, { name: name ?? container, ...own });
        for (const [index, { service, type }] of dependsOn.entries()) {
          const on = service.includes("/") ? service : `${serverName}/${service}`;
          const place = [...ofService, "dependsOn", String(index)];
          add("dependency", [...at, on], place, { type });
        }
      }
    }
  }
  for (const [name, { secret, url, ...rest }] of Object.entries(fleet.webhooks ?? {})) {
    // An address by reference is a secret too; the other kind can be compared.
    const isReference = typeof url !== "string";
    add("webhook", [name], ["webhooks", name], isReference ? rest : { url, ...rest }, {
      secret,
      ...(isReference ? { url } : {}),
    });
  }
  for (const [email, { password, ...rest }] of Object.entries(fleet.users ?? {})) {
    add("user", [email], ["users", email], rest, { password });
  }
  return items.sort((a, b) => itemKinds.indexOf(a.kind) - itemKinds.indexOf(b.kind));
}

/** "shop/web" of "ghcr.io/shop/web" is called web. */
export function lastPart(imageName: string): string {
  return imageName.slice(imageName.lastIndexOf("/") + 1);
}
