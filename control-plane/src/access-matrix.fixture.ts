import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import pino from "pino";
import { WebSocketServer } from "ws";
import { type EnvironmentRole, everywhere, type Role, system } from "./actor.ts";
import { apiRoutes } from "./api-routes.ts";
import { newId } from "./database/ids.ts";
import { schema, type TestDatabase } from "./database/test-database.ts";
import { insertEnvironment } from "./environments/environments.store.ts";
import { createApp } from "./http/app.ts";
import { healthRoutes } from "./http/health.ts";
import { insertPasskey } from "./identity/passkeys.store.ts";
import { actorOfToken, openSession } from "./identity/sessions.store.ts";
import { insertToken } from "./identity/tokens.store.ts";
import { insertUser } from "./identity/users.store.ts";
import { newImageWorld, secrets } from "./images/image-world.fixture.ts";
import { startChanges } from "./live/changes.ts";
import { liveRoutes } from "./live/live.routes.ts";
import { followTopics } from "./live/topics.ts";
import { createPlan } from "./plans/create-plan.ts";
import { deployOf, newWorld, planParts } from "./plans/plan-world.fixture.ts";
import { insertDependency } from "./services/dependencies.store.ts";

/*
 * The whole API on a socket, with an environment that has one of everything, another one that is
 * empty, and everybody who may ask.
 */

export type Asker =
  | "anonymous"
  | "unknown"
  | "expired"
  | "revoked"
  | "logged out"
  | "viewer"
  | "viewer's token"
  | "operator"
  | "administrator"
  | "administrator elsewhere"
  | "person who administers elsewhere"
  | "viewer here, operator elsewhere";

export type Ids = Record<
  | "environment"
  | "server"
  | "service"
  | "dependency"
  | "image"
  | "digest"
  | "registry"
  | "plan"
  | "webhook"
  | "user"
  | "session"
  | "passkey"
  | "token",
  string
>;

export async function openMatrix(rig: TestDatabase) {
  const { database } = rig;
  const log = pino({ level: "silent" });
  const world = await newWorld(database, { services: 2 });
  const images = await newImageWorld(database);
  const elsewhere = await insertEnvironment(database, "elsewhere");
  const { environmentId } = world;
  const [service = "", dependsOnId = ""] = world.serviceIds;

  const changes = await startChanges(database);
  const health = healthRoutes({
    database,
    log,
    metrics: { contentType: "text/plain", read: async () => "" },
  });
  const app = createApp({
    database,
    secrets,
    log,
    version: "0.0.0",
    routes: apiRoutes({
      database,
      secrets,
      authority: {
        fingerprint: "ab".repeat(32),
        upToDate: async () => {},
        sign: async () => "",
      } as never,
      connections: images.sources.registries,
      images: images.sources,
      changes,
      log,
      publicUrl: "http://bridgeport.test",
      secureCookie: false,
      webhookSecret: "a secret of webhooks",
      pushSecrets: {} as never,
      agentAddress: () => "127.0.0.1:1",
      agentPackage: () => ({
        state: "ready",
        program: { version: "99.0.0", platforms: {}, images: {} },
      }),
      commandLinePackage: () => ({ state: "unavailable", message: "It is not packaged." }),
      installScript: "install.sh",
      resolveTag: images.sources.resolveTag,
      heapSnapshots: true,
      agentsConnected: () => 0,
      doctor: {
        schema,
        dataDir: tmpdir(),
        tls: null,
        publicUrl: "http://localhost",
        version: "0.0.0",
      },
    }),
    answered() {},
    live: liveRoutes({
      database,
      changes,
      log,
      follow: followTopics({ database, changes, log, followLogs: async () => () => {} }),
    }),
    health,
    console: new Hono(),
  });
  const websocket = { server: new WebSocketServer({ noServer: true }) };
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0, websocket });
  // No time decides when a connection that is kept ends: it could be right when it is used again.
  if ("keepAliveTimeout" in server) server.keepAliveTimeout = 0;
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const user = (role: Role) => person(everywhere(role));
  async function person(roles: EnvironmentRole[]): Promise<string> {
    const email = `${newId()}@bridgeport.test`;
    return (await insertUser(database, { email, name: null, roles, passwordHash: null })).id;
  }
  async function token(userId: string, role: "viewer" | "admin", environmentIds: string[] | null) {
    const asked = { name: role, role, userId, environmentIds, expiresAt: null };
    const { row, secret } = await insertToken(database, asked);
    return { id: row.id, secret };
  }
  const admin = await user("admin");
  const viewer = await user("viewer");
  const expired = await token(admin, "admin", null);
  await database`update api_tokens set expires_at = now() where id = ${expired.id}`;
  const revoked = await token(admin, "admin", null);
  await database`delete from api_tokens where id = ${revoked.id}`;
  const loggedOut = await openSession(database, admin);
  await database`delete from sessions where user_id = ${admin}`;
  const tokens: Record<Asker, string | null> = {
    anonymous: null,
    unknown: "bpt_unknown",
    expired: expired.secret,
    revoked: revoked.secret,
    "logged out": loggedOut,
    viewer: await openSession(database, viewer),
    "viewer's token": (await token(viewer, "viewer", null)).secret,
    operator: await openSession(database, await user("operator")),
    administrator: await openSession(database, admin),
    "administrator elsewhere": (await token(admin, "admin", [elsewhere])).secret,
    "person who administers elsewhere": await openSession(
      database,
      await person([{ environmentId: elsewhere, role: "admin" }]),
    ),
    "viewer here, operator elsewhere": await openSession(
      database,
      await person([
        { environmentId, role: "viewer" },
        { environmentId: images.environmentId, role: "viewer" },
        { environmentId: elsewhere, role: "operator" },
      ]),
    ),
  };

  const ids: Ids = {
    environment: environmentId,
    server: world.serverIds[0] ?? "",
    service,
    dependency: await insertDependency(database, {
      environmentId,
      serviceId: service,
      dependsOnId,
      type: "deploy_after",
    }),
    image: world.imageId,
    digest: world.digests[1]?.id ?? "",
    registry: images.registryId,
    plan: await createPlan(planParts(database), system, deployOf(world, { execute: false })),
    webhook: "",
    user: await user("viewer"),
    session: "",
    passkey: "",
    token: (await token(admin, "viewer", null)).id,
  };

  // So that what asks an agent says at once that there is none.
  await database`update servers set status = 'offline', last_seen_at = null`;

  async function call(asker: Asker, method: string, path: string, body?: unknown) {
    const bearer = tokens[asker];
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: bearer === null ? {} : { authorization: `Bearer ${bearer}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const stream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
    const text = stream ? "" : await response.text();
    if (stream) await response.body?.cancel();
    return { status: response.status, text };
  }
  const made = await call("administrator", "POST", "/api/admin/webhooks", {
    name: "one",
    url: "https://hooks.test/x",
    events: ["server.offline"],
    environmentIds: [environmentId],
  });
  const other = await openSession(database, ids.user);
  ids.session = (await actorOfToken(database, other))?.credentialId ?? "";
  const key = {
    credentialId: Buffer.from("1"),
    publicKey: Buffer.from("1"),
    signCount: 0,
    name: "p",
  };
  ids.passkey = (await insertPasskey(database, { ...key, userId: ids.user })).id;
  ids.webhook = (JSON.parse(made.text) as { webhook: { id: string } }).webhook.id;

  /** Everything that is stored, but for what asking itself leaves behind. */
  async function stored(): Promise<Record<string, string>> {
    const leaves = [
      "audit_logs",
      "audit_chain",
      "api_tokens",
      "sessions",
      "idempotency_keys",
      "jobs",
      "row_counts",
    ];
    const tables = await database<{ name: string }[]>`
      select table_name as name from information_schema.tables
      where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`;
    const sums: Record<string, string> = {};
    for (const { name } of tables.filter((table) => !leaves.includes(table.name))) {
      const [row] = await database.unsafe(
        `select coalesce(md5(string_agg(t::text, '' order by t::text)), '') as sum from ${name} t`,
      );
      sums[name] = String(row?.sum);
    }
    const [tokensLeft] = await database`select count(*)::int as count from api_tokens`;
    return { ...sums, api_tokens: String(tokensLeft?.count) };
  }

  return {
    url: `127.0.0.1:${port}`,
    ids,
    elsewhere,
    /** other ids of the environment that must not be told elsewhere */
    others: [...world.serviceIds, images.environmentId, images.imageId, dependsOnId],
    tokens,
    call,
    stored,
    async close() {
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await changes.stop();
      await images.close();
    },
  };
}

export type Matrix = Awaited<ReturnType<typeof openMatrix>>;
