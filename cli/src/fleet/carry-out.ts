import { ApiProblem, type Client, type Schemas } from "@bridgeport/client";
import { hasHooks, isHookField } from "./hook-fields.ts";
import { type Item, keyOf } from "./items.ts";
import type { Change } from "./plan-changes.ts";
import type { FleetImage, FleetRegistry, FleetService, FleetUser, FleetWebhook } from "./schema.ts";
import { type Reveal, resendsSecrets } from "./secrets.ts";
import { setHooks } from "./set-hooks.ts";

/** What changes are carried out with. */
export interface Ground {
  client: Client;
  /** ids by the items' keys; what is created is added */
  ids: Map<string, string>;
  reveal: Reveal;
}

/**
 * Does one change. What is created is created first and then set as an item that was there, so that a
 * process that is killed in between leaves something that the next one only has to set.
 * @throws {ApiProblem} when the control plane refuses
 */
export async function carryOut(change: Change, ground: Ground): Promise<void> {
  const { item, action } = change;
  if (action === "delete") return await unlessGone(() => remove(item, ground));
  if (action === "create") ground.ids.set(keyOf(item), await create(item, ground));
  const fields = new Map(
    action === "create"
      ? Object.keys(item.fields).map((field) => [field, undefined])
      : change.fields.map(({ field, from }) => [field, from]),
  );
  await update(item, fields, ground, action === "create");
}

/** What somebody else has deleted meanwhile is as it should be. */
async function unlessGone(deletion: () => Promise<void>): Promise<void> {
  try {
    await deletion();
  } catch (error) {
    // The control plane's own 404: a page of something in between says nothing about it.
    const isGone =
      error instanceof ApiProblem && error.status === 404 && error.code === "not_found";
    if (!isGone) throw error;
  }
}

function idOf({ ids }: Ground, kind: Item["kind"], at: string[]): string {
  const id = ids.get(keyOf({ kind, at }));
  if (id === undefined)
    throw new Error(`There is no ${kind} ${at.join(" / ")} any more: start again.`);
  return id;
}

async function create(item: Item, ground: Ground): Promise<string> {
  const { client } = ground;
  const { kind, at } = item;
  const [env = "", name = "", container = "", on = ""] = at;
  const environment = () => ({ envId: idOf(ground, "environment", [env]) });
  switch (kind) {
    case "settings":
      return "settings";
    case "environment":
      return (await client.post("/api/environments", { body: { name: env } })).environment.id;
    case "registry": {
      const made = await client.post("/api/environments/{envId}/registries", {
        path: environment(),
        body: { name, ...registryBody(item), ...secretsOf(item, ground, () => true) },
      });
      return made.registry.id;
    }
    case "image": {
      const made = await client.post("/api/environments/{envId}/container-images", {
        path: environment(),
        body: {
          name: String(item.fields.name),
          imageName: name,
          tagFilter: String(item.fields.tagFilter),
          registryConnectionId: registryOf(item, ground),
        },
      });
      return made.image.id;
    }
    case "server": {
      const made = await client.post("/api/environments/{envId}/servers", {
        path: environment(),
        body: { name, tags: item.fields.tags as string[] },
      });
      return made.server.id;
    }
    case "service": {
      const made = await client.post("/api/servers/{serverId}/services", {
        path: { serverId: idOf(ground, "server", [env, name]) },
        body: {
          name: String(item.fields.name),
          containerName: container,
          containerImageId: idOf(ground, "image", [env, String(item.fields.image)]),
        },
      });
      return made.service.id;
    }
    case "dependency": {
      const slash = on.lastIndexOf("/");
      const made = await client.post("/api/services/{id}/dependencies", {
        path: { id: idOf(ground, "service", [env, name, container]) },
        body: {
          dependsOnId: idOf(ground, "service", [env, on.slice(0, slash), on.slice(slash + 1)]),
          type: item.fields.type as Schemas["Dependency"]["type"],
        },
      });
      return made.dependency.id;
    }
    case "webhook": {
      const body = webhookBody(item, ground, true);
      return (await client.post("/api/admin/webhooks", { body })).webhook.id;
    }
    case "user": {
      const { password } = item.secrets;
      const { name: called, roles } = userBody(item, ground);
      if (!password) throw new Error("A user that is created needs a password.");
      const made = await client.post("/api/users", {
        body: { email: env, name: called, roles, password: ground.reveal(password) },
      });
      return made.user.id;
    }
  }
}

/** @param fields what is to be set, and what it was */
async function update(
  item: Item,
  fields: ReadonlyMap<string, unknown>,
  ground: Ground,
  isNew: boolean,
): Promise<void> {
  const { client } = ground;
  const { kind, at } = item;
  const rule = fields.has("signatures") && !(isNew && item.fields.signatures === null);
  switch (kind) {
    case "settings":
      await client.patch("/api/settings/system", { body: item.fields });
      return;
    case "environment": {
      const path = { envId: idOf(ground, kind, at) };
      if (fields.has("autoPruneImages") || fields.has("pruneImagesMode")) {
        const { autoPruneImages, pruneImagesMode } = item.fields;
        const body = { autoPruneImages, pruneImagesMode } as Schemas["OperationsSettings"];
        await client.patch("/api/environments/{envId}/settings/operations", { path, body });
      }
      if (!rule) return;
      const template = "/api/environments/{envId}/signature-rule";
      const wanted = ruleBody(item);
      if (wanted) await client.put(template, { path, body: wanted });
      else await client.delete(template, { path });
      return;
    }
    case "registry": {
      const path = { id: idOf(ground, kind, at) };
      // Their creation took everything but the rule.
      if (!isNew && [...fields.keys()].some((field) => field !== "signatures")) {
        const again = resendsSecrets([...fields.keys()]);
        const body = {
          ...registryBody(item),
          ...secretsOf(item, ground, (field) => again || fields.has(field)),
        };
        await client.patch("/api/registries/{id}", { path, body });
      }
      if (!rule) return;
      const wanted = ruleBody(item);
      if (wanted) await client.put("/api/registries/{id}/signature-rule", { path, body: wanted });
      else await client.delete("/api/registries/{id}/signature-rule", { path });
      return;
    }
    case "image": {
      const path = { id: idOf(ground, kind, at) };
      const { name, tagFilter, autoUpdate, updatePolicy } = item.fields as unknown as FleetImage & {
        name: string;
      };
      if (["name", "tagFilter", "autoUpdate", "registry"].some((field) => fields.has(field))) {
        const registryConnectionId = registryOf(item, ground);
        const body = { name, tagFilter, autoUpdate, registryConnectionId };
        await client.patch("/api/container-images/{id}", { path, body });
      }
      if (fields.has("updatePolicy")) {
        const template = "/api/container-images/{id}/update-policy";
        const { rollout, ...body } = updatePolicy;
        // Left out there is none, also for a control plane that does not know it yet.
        const before = fields.get("updatePolicy") as FleetImage["updatePolicy"] | undefined;
        const isSaid = rollout !== null || (before?.rollout ?? null) !== null;
        await client.patch(template, { path, body: isSaid ? updatePolicy : body });
      }
      const changed = [...fields.keys()].filter(isHookField);
      if (isNew ? hasHooks(item.fields) : changed.length > 0) {
        await setHooks(ground, path.id, item, changed);
      }
      if (!rule) return;
      const template = "/api/container-images/{id}/signature-rule";
      const wanted = ruleBody(item);
      if (wanted) await client.put(template, { path, body: wanted });
      else await client.delete(template, { path });
      return;
    }
    case "server": {
      if (isNew) return;
      const body = { tags: item.fields.tags as string[] };
      await client.patch("/api/servers/{id}", { path: { id: idOf(ground, kind, at) }, body });
      return;
    }
    case "service": {
      const id = idOf(ground, kind, at);
      const { image, job, ...body } = item.fields as unknown as FleetService & { name: string };
      if (fields.has("image") && !isNew) {
        const imageId = idOf(ground, "image", [at[0] ?? "", image]);
        const path = { id: imageId, serviceId: id };
        await client.post("/api/container-images/{id}/link/{serviceId}", { path });
      }
      if ([...fields.keys()].some((field) => !["image", "job"].includes(field))) {
        await client.patch("/api/services/{id}", { path: { id }, body });
      }
      if (!fields.has("job") || (isNew && job === null)) return;
      await setJob(ground, idOf(ground, "image", [at[0] ?? "", image]), id, job);
      return;
    }
    case "dependency":
      if (isNew) return;
      await unlessGone(() => remove(item, ground));
      ground.ids.set(keyOf(item), await create(item, ground));
      return;
    case "webhook": {
      if (isNew) return;
      const again = resendsSecrets([...fields.keys()]);
      const body = webhookBody(item, ground, again || fields.has("secret"));
      await client.put("/api/admin/webhooks/{id}", { path: { id: idOf(ground, kind, at) }, body });
      return;
    }
    case "user":
      if (isNew) return;
      await client.patch("/api/users/{id}", {
        path: { id: idOf(ground, kind, at) },
        body: userBody(item, ground),
      });
      return;
  }
}

/** Gives an image a job with this service's settings, or takes that one away, and no other. */
async function setJob(
  { client }: Ground,
  imageId: string,
  serviceId: string,
  job: FleetService["job"],
): Promise<void> {
  const path = { id: imageId };
  if (job) {
    await client.put("/api/container-images/{id}/job", { path, body: { ...job, serviceId } });
    return;
  }
  const { image } = await client.get("/api/container-images/{id}", { path });
  if (image.job?.serviceId !== serviceId) return;
  await unlessGone(async () => {
    await client.delete("/api/container-images/{id}/job", { path });
  });
}

async function remove(item: Item, ground: Ground): Promise<void> {
  const { client } = ground;
  const { kind, at } = item;
  const id = idOf(ground, kind, at);
  const path = { id };
  if (kind === "environment") await client.delete("/api/environments/{id}", { path });
  else if (kind === "registry") await client.delete("/api/registries/{id}", { path });
  else if (kind === "image") await client.delete("/api/container-images/{id}", { path });
  else if (kind === "server") await client.delete("/api/servers/{id}", { path });
  else if (kind === "service") await client.delete("/api/services/{id}", { path });
  else if (kind === "webhook") await client.delete("/api/admin/webhooks/{id}", { path });
  else if (kind === "user") await client.delete("/api/users/{id}", { path });
  else if (kind === "dependency") {
    const service = idOf(ground, "service", at.slice(0, 3));
    await client.delete("/api/services/{id}/dependencies/{depId}", {
      path: { id: service, depId: id },
    });
  }
  ground.ids.delete(keyOf(item));
}

function registryBody(item: Item) {
  const {
    url,
    signatures: _,
    ...rest
  } = item.fields as unknown as Omit<FleetRegistry, "token" | "password">;
  return { registryUrl: url, ...rest };
}

/** The secrets of an item that are to be sent: null takes one away. */
function secretsOf(item: Item, { reveal }: Ground, isSent: (field: string) => boolean) {
  return Object.fromEntries(
    Object.entries(item.secrets)
      .filter(([field]) => isSent(field))
      .map(([field, reference]) => [field, reference === null ? null : reveal(reference)]),
  );
}

function registryOf({ at, fields }: Item, ground: Ground): string | null {
  if (typeof fields.registry !== "string") return null;
  return idOf(ground, "registry", [at[0] ?? "", fields.registry]);
}

function ruleBody({ fields }: Item): FleetRegistry["signatures"] {
  return fields.signatures as FleetRegistry["signatures"];
}

function webhookBody(item: Item, ground: Ground, withSecret: boolean) {
  const { environments, events, headers, body, batchMs, quietHours, ...rest } =
    item.fields as unknown as Omit<FleetWebhook, "secret">;
  const { secret, url } = item.secrets;
  const address = typeof rest.url === "string" ? rest.url : url ? ground.reveal(url) : "";
  return {
    ...rest,
    // Left out they are none, also for a control plane that does not know them yet.
    ...{ ...(headers && { headers }), ...(body !== null && { body }) },
    ...{ ...(batchMs !== null && { batchMs }), ...(quietHours && { quietHours }) },
    name: item.at[0] ?? "",
    url: address,
    events: events as Schemas["Webhook"]["events"],
    environmentIds: environments?.map((name) => idOf(ground, "environment", [name])) ?? null,
    ...(withSecret ? { secret: secret ? ground.reveal(secret) : null } : {}),
  };
}

function userBody(item: Item, ground: Ground) {
  const { name, role, roles } = item.fields as unknown as FleetUser;
  return {
    name,
    roles: [
      ...(role === null ? [] : [{ environmentId: null, role }]),
      ...Object.entries(roles).map(([env, own]) => ({
        environmentId: idOf(ground, "environment", [env]),
        role: own,
      })),
    ],
  };
}
