import { ApiProblem, type Client, type Schemas } from "@bridgeport/client";
import type { z } from "zod";
import { Failure } from "../exit.ts";
import { type Item, keyOf } from "./items.ts";
import { type Fleet, fleetSchema } from "./schema.ts";
import { secretNames } from "./secret-names.ts";

/** What a control plane has now, and the ids of all that by the items' keys. */
export interface ControlPlaneState {
  fleet: Fleet;
  ids: Map<string, string>;
  /** sections that this user may not read */
  hidden: ("webhooks" | "users")[];
  /** names of environments whose images' hooks this user may not read */
  hooksHiddenIn: string[];
}

/** Which sections are read beside the environments. */
export interface Sections {
  webhooks: boolean;
  users: boolean;
}

type Raw = z.input<typeof fleetSchema>;
type RawEnvironment = NonNullable<NonNullable<Raw["environments"]>[string]>;

const atOnce = 8;

/**
 * Reads everything that a fleet's file can say. References to secrets are made up: what is kept is that
 * there is one.
 */
export async function readControlPlane(
  client: Client,
  sections: Sections,
): Promise<ControlPlaneState> {
  const ids = new Map<string, string>();
  const remember = (kind: Item["kind"], at: string[], id: string) =>
    ids.set(keyOf({ kind, at }), id);
  const secretName = secretNames();
  const { settings } = await client.get("/api/settings/system");
  const environments = await client.everyRow("/api/environments", "environments");
  const nameOf = new Map(environments.map(({ id, name }) => [id, name]));
  const { registryMaxTags, retentionDays } = settings;
  const fleet: Raw = { version: 1, settings: { registryMaxTags, retentionDays }, environments: {} };
  const hooksHiddenIn: string[] = [];
  for (const { id, name } of byName(environments)) {
    remember("environment", [name], id);
    const read = await readEnvironment(client, { id, name }, remember, secretName);
    put(fleet.environments, name, read.raw);
    if (read.hooksAreHidden) hooksHiddenIn.push(name);
  }
  const hidden: ControlPlaneState["hidden"] = [];
  if (sections.webhooks) {
    const all = await unlessHidden(() => client.everyRow("/api/admin/webhooks", "webhooks"));
    if (all === null) hidden.push("webhooks");
    else {
      fleet.webhooks = {};
      for (const hook of byName(all)) {
        const { id, name, kind, url, events, environmentIds, enabled } = hook;
        // An earlier control plane has none of these.
        const { headers = null, body = null, batchMs = null, quietHours = null } = hook;
        if (Object.hasOwn(fleet.webhooks, name)) {
          throw new Failure(`Two webhooks are called "${name}": rename one.`);
        }
        remember("webhook", [name], id);
        const environments = environmentIds?.flatMap((one) => nameOf.get(one) ?? []) ?? null;
        put(fleet.webhooks, name, {
          ...{ kind, url, events, environments, enabled, headers, body, batchMs, quietHours },
          secret: hook.hasSecret ? { env: secretName("webhook", name, "secret") } : null,
        });
      }
    }
  }
  if (sections.users) {
    const all = await unlessHidden(() => client.everyRow("/api/users", "users"));
    if (all === null) hidden.push("users");
    else {
      fleet.users = {};
      for (const user of [...all].sort((a, b) => order(a.email, b.email))) {
        remember("user", [user.email], user.id);
        put(fleet.users, user.email, rawUser(user, nameOf, secretName));
      }
    }
  }
  return { fleet: understood(fleet), ids, hidden, hooksHiddenIn };
}

/** @throws {Failure} for what a newer control plane has and this program cannot say */
function understood(raw: Raw): Fleet {
  const parsed = fleetSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.map(String).join(".") ?? "";
  throw new Failure(
    `The control plane has something that this program does not know, so that a file cannot say it: ${where}: ${issue?.message}. Use the program that came with the control plane.`,
  );
}

function rawUser(
  user: Schemas["User"],
  nameOf: Map<string, string>,
  secretName: ReturnType<typeof secretNames>,
) {
  const roles: Record<string, Schemas["User"]["role"]> = {};
  for (const { environmentId, role } of user.roles) {
    const name = environmentId === null ? undefined : nameOf.get(environmentId);
    if (name !== undefined) put(roles, name, role);
  }
  return {
    name: user.name,
    role: user.roles.find(({ environmentId }) => environmentId === null)?.role ?? null,
    roles: sortedByKey(roles),
    password: user.password ? { env: secretName("password", user.email) } : null,
  };
}

async function readEnvironment(
  client: Client,
  env: { id: string; name: string },
  remember: (kind: Item["kind"], at: string[], id: string) => void,
  secretName: ReturnType<typeof secretNames>,
): Promise<{ raw: RawEnvironment; hooksAreHidden: boolean }> {
  const path = { envId: env.id };
  const [operations, rule, registries, images, servers, services, graph] = await Promise.all([
    client.get("/api/environments/{envId}/settings/operations", { path }),
    client.get("/api/environments/{envId}/signature-rule", { path }),
    client.everyRow("/api/environments/{envId}/registries", "registries", { path }),
    client.everyRow("/api/environments/{envId}/container-images", "images", { path }),
    client.everyRow("/api/environments/{envId}/servers", "servers", { path }),
    client.everyRow("/api/environments/{envId}/services", "services", { path }),
    client.get("/api/environments/{envId}/dependency-graph", { path }),
  ]);
  const raw: Required<Pick<RawEnvironment, "registries" | "images" | "servers">> & RawEnvironment =
    {
      autoPruneImages: operations.settings.autoPruneImages,
      pruneImagesMode: operations.settings.pruneImagesMode,
      signatures: rawRule(rule.rule),
      registries: {},
      images: {},
      servers: {},
    };
  const registryName = new Map(registries.map(({ id, name }) => [id, name]));
  const registryRules = await each(registries, ({ id }) =>
    client.get("/api/registries/{id}/signature-rule", { path: { id } }),
  );
  for (const one of byName(registries)) {
    remember("registry", [env.name, one.name], one.id);
    put(raw.registries, one.name, {
      type: one.type,
      url: one.registryUrl,
      repositoryPrefix: one.repositoryPrefix,
      username: one.username,
      token: one.hasToken ? { env: secretName(env.name, one.name, "token") } : null,
      password: one.hasPassword ? { env: secretName(env.name, one.name, "password") } : null,
      passwordToAgents: one.passwordToAgents,
      isDefault: one.isDefault,
      refreshIntervalMinutes: one.refreshIntervalMinutes,
      autoLinkPattern: one.autoLinkPattern,
      signatures: rawRule(registryRules.get(one)?.rule ?? null),
    });
  }
  const imageFacts = await each(images, async ({ id }) => {
    const [{ policy }, { rule: own }, hooks] = await Promise.all([
      client.get("/api/container-images/{id}/update-policy", { path: { id } }),
      client.get("/api/container-images/{id}/signature-rule", { path: { id } }),
      hooksOf(client, id),
    ]);
    return { policy, rule: own, hooks };
  });
  const hooksAreHidden = [...imageFacts.values()].some(({ hooks }) => hooks === null);
  for (const one of [...images].sort((a, b) => order(a.imageName, b.imageName))) {
    const facts = imageFacts.get(one);
    remember("image", [env.name, one.imageName], one.id);
    put(raw.images, one.imageName, {
      name: one.name,
      tagFilter: one.tagFilter,
      registry: registryName.get(one.registryConnectionId ?? "") ?? null,
      autoUpdate: one.autoUpdate,
      updatePolicy: facts ? rawPolicy(facts.policy) : {},
      hooks: rawHooks(facts?.hooks ?? null, (hook, header) =>
        secretName(env.name, one.imageName, hook, header),
      ),
      signatures: rawRule(facts?.rule ?? null),
    });
  }
  for (const { id, name, tags } of byName(servers)) {
    remember("server", [env.name, name], id);
    put(raw.servers, name, { tags, services: {} });
  }
  const jobs = new Map(images.flatMap(({ job }) => (job?.serviceId ? [[job.serviceId, job]] : [])));
  addServices(raw.servers, env.name, services, { edges: graph.edges, jobs }, remember);
  return { raw, hooksAreHidden };
}

/** @returns null for who may not read them; none of a control plane that does not know them yet */
async function hooksOf(client: Client, id: string): Promise<Schemas["Hooks"] | null> {
  try {
    return (await client.get("/api/container-images/{id}/hooks", { path: { id } })).hooks;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    if (error.status === 403) return null;
    if (error.status === 404) return { before: [], after: [] };
    throw error;
  }
}

/** @param secretName of the value of a hook's header */
function rawHooks(
  hooks: Schemas["Hooks"] | null,
  secretName: (hook: string, header: string) => string,
) {
  const raw = ({ name, url, method, headers, body, timeoutMs }: Schemas["Hooks"]["before"][0]) => {
    const named: Record<string, { env: string }> = {};
    for (const header of Object.keys(headers)) {
      put(named, header, { env: secretName(name, header) });
    }
    return { name, url, method, headers: named, body, timeoutMs };
  };
  return { before: hooks?.before.map(raw) ?? [], after: hooks?.after.map(raw) ?? [] };
}

function addServices(
  servers: NonNullable<RawEnvironment["servers"]>,
  env: string,
  services: Schemas["Service"][],
  {
    edges,
    jobs,
  }: {
    edges: { id: string; from: string; to: string; type: "health_before" | "deploy_after" }[];
    /** by the service whose settings they have */
    jobs: Map<string, NonNullable<Schemas["ContainerImage"]["job"]>>;
  },
  remember: (kind: Item["kind"], at: string[], id: string) => void,
): void {
  const byId = new Map(services.map((one) => [one.id, one]));
  for (const one of [...services].sort((a, b) => order(a.containerName, b.containerName))) {
    const at = [env, one.server.name, one.containerName];
    remember("service", at, one.id);
    const dependsOn = edges
      .filter(({ to }) => to === one.id)
      .flatMap(({ id, from, type }) => {
        const on = byId.get(from);
        if (!on) return [];
        const whole = `${on.server.name}/${on.containerName}`;
        remember("dependency", [...at, whole], id);
        return [{ service: on.serverId === one.serverId ? on.containerName : whole, type }];
      })
      .sort((a, b) => order(a.service, b.service));
    const server = servers[one.server.name];
    if (!server?.services) continue;
    put(server.services, one.containerName, {
      name: one.name,
      image: one.containerImage.imageName,
      healthCheckUrl: one.healthCheckUrl,
      healthWaitMs: one.healthWaitMs,
      healthRetries: one.healthRetries,
      healthIntervalMs: one.healthIntervalMs,
      healthProbe: one.healthProbe,
      deployOrder: one.deployOrder,
      job: rawJob(jobs.get(one.id)),
      dependsOn,
    });
  }
}

function rawJob(job: Schemas["ContainerImage"]["job"] | undefined) {
  return job ? { command: job.command, timeoutMs: job.timeoutMs } : null;
}

/** The fields that a file has; what a newer control plane has beside them is left as it is. */
function rawPolicy(policy: Schemas["UpdatePolicy"]) {
  const { minimumAgeMinutes, windows, timeZone, kinds, snoozedUntil, pinned, reason } = policy;
  // An earlier control plane has none.
  const { rollout = null } = policy;
  return {
    ...{ minimumAgeMinutes, timeZone, kinds, snoozedUntil, pinned, reason },
    windows: windows.map(({ days, from, to }) => ({ days, from, to })),
    rollout: rollout && rawRollout(rollout),
  };
}

function rawRollout(rollout: NonNullable<Schemas["UpdatePolicy"]["rollout"]>) {
  const { batch, maxUnavailable, soakMs, pauseAfter, onFailure } = rollout;
  return { batch, maxUnavailable, soakMs, pauseAfter, onFailure, analysis: rawAnalysis(rollout) };
}

function rawAnalysis({ analysis }: NonNullable<Schemas["UpdatePolicy"]["rollout"]>) {
  if (analysis === null) return null;
  const { url, query, condition, intervalMs } = analysis.prometheus;
  const { operator, value } = condition;
  return { prometheus: { url, query, condition: { operator, value }, intervalMs } };
}

function rawRule(rule: Schemas["SignatureRule"] | null) {
  if (rule === null) return null;
  const keys = rule.keys.map(({ name, publicKey }) => ({ name, publicKey }));
  const identities = rule.identities.map(({ issuer, subject }) => ({ issuer, subject }));
  return { mode: rule.mode, keys, identities };
}

/** @returns null for what only others may read */
async function unlessHidden<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 403) return null;
    throw error;
  }
}

/** Looks at each, a few at once. */
async function each<T, R>(all: T[], look: (one: T) => Promise<R>): Promise<Map<T, R>> {
  const found = new Map<T, R>();
  const queue = [...all];
  const work = async () => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      found.set(one, await look(one));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return found;
}

/** A key may be `__proto__`, which an assignment would not set. */
function put<T>(
  target: Partial<Record<string, T>> | undefined,
  key: string,
  value: NoInfer<T>,
): void {
  if (target) Object.defineProperty(target, key, { value, ...plain });
}
const plain = { enumerable: true, configurable: true, writable: true };

/** By code points, so that the order is the same everywhere. */
function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byName<T extends { name: string }>(all: T[]): T[] {
  return [...all].sort((a, b) => order(a.name, b.name));
}

function sortedByKey<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => order(a, b)));
}
