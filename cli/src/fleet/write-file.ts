import { isDeepStrictEqual } from "node:util";
import { stringify } from "yaml";
import { lastPart } from "./items.ts";
import { defaults, type Fleet, type FleetHooks, type FleetWebhook } from "./schema.ts";
import { secretNames } from "./secret-names.ts";

/**
 * A fleet as the text of its file: what is as by default is left out, and no secret is in it. The same
 * fleet gives the same bytes.
 */
export function writeFleet(fleet: Fleet): string {
  return stringify(shownFleet(fleet), { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The same as data. */
export function shownFleet(fleet: Fleet): object {
  const secretName = secretNames();
  const { version, settings, environments = {}, webhooks, users } = fleet;
  return {
    version,
    settings,
    environments: mapped(
      environments,
      ({ registries = {}, images = {}, servers = {}, ...rest }, env) => ({
        ...without(rest, defaults.environment),
        registries: mapped(registries, (one) => without(one, defaults.registry)),
        images: mapped(images, ({ name, updatePolicy, hooks, ...one }, imageName) => {
          const { rollout, ...rest } = updatePolicy;
          const policy = {
            ...without(rest, defaults.image.updatePolicy),
            ...(rollout ? { rollout: without(rollout, defaults.rollout ?? {}) } : {}),
          };
          const called = shownHooks(hooks, (hook) =>
            secretName("hook", "url", env, imageName, hook),
          );
          return {
            ...(name === lastPart(imageName) ? {} : { name }),
            ...without(one, defaults.image),
            ...(Object.keys(policy).length > 0 ? { updatePolicy: policy } : {}),
            ...(Object.keys(called).length > 0 ? { hooks: called } : {}),
          };
        }),
        servers: mapped(servers, ({ services = {}, ...one }) => ({
          ...without(one, defaults.server),
          services: mapped(services, ({ name, dependsOn, ...own }, container) => ({
            ...(name === container ? {} : { name }),
            ...without(own, defaults.service),
            ...(dependsOn.length > 0 ? { dependsOn: dependsOn.map(dependency) } : {}),
          })),
        })),
      }),
    ),
    ...(webhooks
      ? {
          webhooks: mapped(webhooks, (one, name) => ({
            ...without(one, defaults.webhook),
            url: isSecretUrl(one) ? { env: secretName("webhook", name, "url") } : one.url,
          })),
        }
      : {}),
    ...(users ? { users: mapped(users, (one) => without(one, defaults.user)) } : {}),
  };
}

/** @param secretName of the address of a hook; queries are where addresses have secrets */
function shownHooks({ before, after }: FleetHooks, secretName: (hook: string) => string) {
  const shown = ({ name, url, ...rest }: FleetHooks["before"][number]) => ({
    name,
    url:
      typeof url === "string" && URL.canParse(url) && new URL(url).search !== ""
        ? { env: secretName(name) }
        : url,
    ...without(rest, defaults.hook),
  });
  return {
    ...(before.length > 0 ? { before: before.map(shown) } : {}),
    ...(after.length > 0 ? { after: after.map(shown) } : {}),
  };
}

/** Addresses of chats let anybody write there who knows them, and some have a password in them. */
export function isSecretUrl({ kind, url }: FleetWebhook): boolean {
  if (typeof url !== "string") return true;
  if (["slack", "discord", "teams"].includes(kind)) return true;
  return URL.canParse(url) && new URL(url).password !== "";
}

function dependency({ service, type }: { service: string; type: string }) {
  return type === "health_before" ? { service } : { service, type };
}

/** The fields that are not as by default. */
function without<T extends object>(one: T, usual: object): Partial<T> {
  const kept = Object.entries(one).filter(
    ([field, value]) =>
      !(field in usual && isDeepStrictEqual(value, (usual as Record<string, unknown>)[field])),
  );
  return Object.fromEntries(kept) as Partial<T>;
}

function mapped<T, R>(all: Record<string, T>, look: (one: T, key: string) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(all).map(([key, one]) => [key, look(one, key)]));
}
