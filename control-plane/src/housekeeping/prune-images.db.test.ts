import type { CommandResult } from "@bridgeport/proto";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { everywhere, from, system } from "../actor.ts";
import { endOverdueCommands, recordOutcome } from "../commands/commands.store.ts";
import { undoneCommands } from "../commands/undone-commands.fixture.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { listAudit } from "../identity/audit.store.ts";
import { discoverRoutes } from "../inventory/discover.routes.ts";
import { serversRoutes } from "../servers/servers.routes.ts";
import { pruneImagesRoutes } from "./prune-images.routes.ts";

let rig: TestDatabase;
let api: TestApi;
let envId: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  const { database } = rig;
  const authority = { fingerprint: "0".repeat(64), upToDate: async () => {} };
  api = testApi(
    serversRoutes({
      database,
      authority,
      publicUrl: "http://bridgeport.test:3000",
      agentPackage: () => ({ state: "unavailable", message: "It is not packaged." }),
    }),
    discoverRoutes({ database }),
    pruneImagesRoutes({ database }),
  );
});
afterAll(() => rig.close());
beforeEach(async () => {
  api.actor = { ...system, roles: everywhere("operator") };
  envId = await insertEnvironment(rig.database, newId());
});

const add = async () => {
  const { actor } = api;
  api.actor = system;
  const answer = await api.post(`/environments/${envId}/servers`, { name: "one" });
  api.actor = actor;
  expect(answer.status).toBe(200);
  return answer.body;
};
const online = (id: string) => rig.database`
  update servers set status = 'online', session_id = ${newId()}, last_seen_at = now()
  where id = ${id}`;

describe("pruning a server", () => {
  /** The agent's side: answers the next command of the server. */
  async function answer(serverId: string, outcome: CommandResult["outcome"]) {
    const command = await vi.waitFor(
      async () => {
        const [row] = await undoneCommands(rig.database, serverId);
        if (!row) throw new Error("no command yet");
        return row;
      },
      { timeout: waitLimitMs },
    );
    await recordOutcome(rig.database, serverId, { commandId: command.id, outcome });
    return command.body;
  }

  test("reports the engine's own figure and is in the audit", async () => {
    const { server } = await add();
    await online(server.id);
    const body = { kind: "prune" as const, spaceReclaimedBytes: 1_500_000_000, imagesDeleted: 3 };
    const asked = api.post(`/servers/${server.id}/prune-images`, { mode: "all" });
    expect(await answer(server.id, { ok: true, body })).toMatchObject({
      kind: "prune",
      mode: "all",
      protect: [],
    });
    expect(await asked).toEqual({
      status: 200,
      body: { spaceReclaimedBytes: 1_500_000_000, spaceReclaimedHuman: "1.5 GB" },
    });
    const { spaceReclaimedBytes, imagesDeleted } = body;
    expect(await entries(server.id)).toMatchObject([
      {
        resourceType: "server",
        details: { mode: "all", outcome: "succeeded", spaceReclaimedBytes, imagesDeleted },
      },
      { resourceType: "server", details: { mode: "all", outcome: "asked" } },
    ]);
  });

  const entries = async (resourceId: string) =>
    (
      await listAudit(rig.database, {
        action: "prune_images",
        resourceType: null,
        resourceId,
        environmentIds: null,
        limit: 5,
        offset: 0,
      })
    ).logs;

  test("is in the audit from before the agent hears of it, and how it ended without an answer", async () => {
    const { server } = await add();
    await online(server.id);
    api.actor = from(api.actor, "192.0.2.9");
    const asked = api.post(`/servers/${server.id}/prune-images`, { mode: "all" });
    const [command] = await vi.waitFor(
      async () => {
        const commands = await undoneCommands(rig.database, server.id);
        expect(commands).toHaveLength(1);
        return commands;
      },
      { timeout: waitLimitMs },
    );
    const before = { actorType: "system", address: "192.0.2.9", details: { outcome: "asked" } };
    expect(await entries(server.id)).toMatchObject([before]);
    await rig.database`
      update commands set status = 'sent', deadline_at = now() - interval '1 hour'
      where id = ${command?.id ?? ""}`;
    // Another process finds it overdue: the request that waits for it need not be there.
    await endOverdueCommands(rig.database);
    const error = expect.stringContaining("has not said in time what became of it");
    expect(await entries(server.id)).toMatchObject([
      { actorType: "system", address: "192.0.2.9", details: { outcome: "failed", error } },
      before,
    ]);
    expect((await asked).status).toBe(503);
  });

  test("leaves alone what a plan at work deploys and may go back to", async () => {
    const { server } = await add();
    await online(server.id);
    const planId = newId();
    await rig.database`
      insert into deployment_plans (id, environment_id, image_name, image_digest, status,
        trigger_type, triggered_by, auto_rollback, parallel_execution)
      values (${planId}, ${envId}, 'app', 'sha256:2', 'running', 'manual', 'x', true, false)`;
    await rig.database`
      insert into plan_services (plan_id, position, service_name, server_id, server_name,
        container_name, level, rollback_body, active)
      values (${planId}, 0, 'app', ${server.id}, 'one', 'app', 0,
        '{"reference": "app@sha256:1"}', true)`;
    await rig.database`
      insert into plan_steps (id, plan_id, position, level, action, server_id, server_name,
        timeout_ms, command_id, body)
      values (${newId()}, ${planId}, 0, 0, 'pull', ${server.id}, 'one', 1, ${newId()},
        '{"reference": "app@sha256:2"}')`;
    const asked = api.post(`/servers/${server.id}/prune-images`, { mode: "all" });
    const body = { kind: "prune" as const, spaceReclaimedBytes: 0, imagesDeleted: 0 };
    const command = await answer(server.id, { ok: true, body });
    expect(command.kind === "prune" && command.protect.toSorted()).toEqual([
      "app@sha256:1",
      "app@sha256:2",
    ]);
    expect((await asked).status).toBe(200);
    api.actor = system;
    expect(await api.delete(`/servers/${server.id}?force=true`)).toMatchObject({
      status: 409,
      body: { code: "server_in_running_plan" },
    });
  });

  test("is of dangling images unless it is said, also without a body", async () => {
    const { server } = await add();
    await online(server.id);
    const asked = api.post(`/servers/${server.id}/prune-images`);
    const body = { kind: "prune" as const, spaceReclaimedBytes: 0, imagesDeleted: 0 };
    expect(await answer(server.id, { ok: true, body })).toMatchObject({ mode: "dangling" });
    expect((await asked).body).toEqual({ spaceReclaimedBytes: 0, spaceReclaimedHuman: "0 B" });
  });

  test("an agent's refusal is told in its own words", async () => {
    const { server } = await add();
    await online(server.id);
    const asked = api.post(`/servers/${server.id}/prune-images`, {});
    const failure = {
      code: "refused" as const,
      message: "This server's policy forbids pruning.",
      logLines: [],
      exitCode: null,
    };
    await answer(server.id, { ok: false, failure });
    expect(await asked).toEqual({
      status: 400,
      body: { error: failure.message, code: "refused", details: undefined },
    });
  });

  test("another mode is 400, and a server that is not connected 503", async () => {
    const { server } = await add();
    expect((await api.post(`/servers/${server.id}/prune-images`, { mode: "most" })).status).toBe(
      400,
    );
    for (const action of ["prune-images", "discover"]) {
      expect(await api.post(`/servers/${server.id}/${action}`)).toMatchObject({
        status: 503,
        body: { code: "agent_unavailable" },
      });
    }
  });
});
