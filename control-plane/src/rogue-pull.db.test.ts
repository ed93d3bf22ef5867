import type { CommandBody, Credentials } from "@bridgeport/proto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { insertCommand } from "./commands/commands.store.ts";
import type { CredentialsFor } from "./gateway/delivery.ts";
import { openRogueRig, type RogueRig } from "./gateway/rogue.fixture.ts";
import { type ImageWorld, newImageWorld, secrets } from "./images/image-world.fixture.ts";
import type { RegistryConnections } from "./registries/connections.ts";

/*
 * An operator who makes a join token can run an agent of their own, give it a service of a private
 * image and deploy it there. That agent must not learn the registry's password.
 */

const login = { username: "ann", password: "very-secret-password" };
let rig: RogueRig;
let world: ImageWorld;
let connections: RegistryConnections;
let serverId: string;

beforeAll(async () => {
  const credentialsFor: CredentialsFor = async ({ registryId, reference, agent }) => {
    const answer = await connections.credentialsFor(registryId, reference, agent);
    return answer.ok ? answer : { ...answer, code: "unauthorized" };
  };
  rig = await openRogueRig({ credentialsFor });
});
afterAll(() => rig.close());
beforeEach(async () => {
  world = await newImageWorld(rig.database);
  connections = world.sources.registries;
  world.double.push("app", "v1");
  world.double.login = { kind: "bearer", ...login, lifetimeSeconds: 300 };
  const password = secrets.encrypt(login.password);
  await rig.database`
    update registries set username = ${login.username}, password = ${password}
    where id = ${world.registryId}`;
  serverId = await rig.newServer();
});
afterEach(async () => {
  rig.leave();
  await world.close();
});

async function give(kind: "pull" | "rollback"): Promise<string> {
  const reference = `${world.double.domain}/app:v1`;
  const body: CommandBody =
    kind === "pull"
      ? {
          ...{ kind, reference, platform: null, credentials: null, sizeBytes: null },
          ...{ platforms: [], containers: [] },
        }
      : {
          ...{ kind, reference, serviceId: "s", containerName: "web", runCommandId: "r" },
          ...{ spec: null, order: "stop-first", credentials: null },
          gate: { waitMs: null, retries: 0, intervalMs: 0, url: null, probe: "eager" },
        };
  return insertCommand(rig.database, { serverId, body, registryId: world.registryId });
}

/** Every form in which a password may be on the wire. */
function expectNoPassword(received: unknown): void {
  const text = JSON.stringify(received);
  const { password } = login;
  expect(text).not.toContain(password);
  expect(text).not.toContain(Buffer.from(password).toString("base64").slice(0, 12));
  expect(text).not.toContain(Buffer.from(`ann:${password}`).toString("base64").slice(0, 12));
}

test.each(["pull", "rollback"] as const)("a %s brings it a token at most", async (kind) => {
  const agent = await rig.join(serverId, ["registry-token"]);
  const id = await give(kind);
  const { command } = await agent.next("command");
  expect(command).toMatchObject({ id, body: { credentials: { registryToken: {} } } });
  expectNoPassword(command);
  // It says again and again that its token has run out.
  const got: (Credentials | null)[] = [];
  for (let asked = 0; asked < 5; asked += 1) {
    agent.send({ kind: "credentialsRequest", commandId: id });
    got.push((await agent.next("credentials")).credentials);
  }
  expectNoPassword(got);
});

test("an agent that says it is of an earlier version gets nothing", async () => {
  const agent = await rig.join(serverId, ["after"]);
  const pulled = await give("pull");
  const undone = await give("rollback");
  // The pull has failed already, with what to do; the rollback may find its image on the server.
  const { command } = await agent.next("command");
  expect(command).toMatchObject({ id: undone, body: { credentials: null } });
  await expect
    .poll(async () => {
      const [row] = await rig.database`select outcome from commands where id = ${pulled}`;
      return row?.outcome;
    })
    .toMatchObject({
      ok: false,
      failure: { code: "unauthorized", message: expect.stringContaining("update the agent") },
    });
});

test("an agent whose engine takes no tokens gets nothing", async () => {
  const agent = await rig.join(serverId, ["registry-token"]);
  await rig.database`
    update servers set host = host || '{"takesRegistryTokens": false}' where id = ${serverId}`;
  await give("pull");
  const { command } = await agent.next("command");
  expect(command.body).toMatchObject({ credentials: { password: "", refusal: {} } });
  expectNoPassword(command);
});
