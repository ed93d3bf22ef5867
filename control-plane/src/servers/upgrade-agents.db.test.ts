import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { findRunningUpgrade } from "./agent-upgrades.store.ts";
import { isOutdated } from "./outdated.ts";
import { insertServer } from "./servers.store.ts";
import { endOfUpgrade, endOverdueUpgrades, upgradeAgent, upgradeAgents } from "./upgrade-agents.ts";

let rig: TestDatabase;
let environmentId: string;
beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());
beforeEach(async () => {
  environmentId = await insertEnvironment(rig.database, newId());
});

const parts = () => ({
  database: rig.database,
  version: "1.1.0",
  agentPackage: () => ({
    state: "ready" as const,
    program: { version: "1.1.0", platforms: {}, images: {} },
  }),
});

async function server(
  name: string,
  more: { version?: string; status?: string; able?: boolean } = {},
) {
  const { version = "1.0.0", status = "online", able = true } = more;
  const id = await insertServer(rig.database, { environmentId, name, hostname: null, tags: [] });
  await rig.database`
    update servers set status = ${status}, agent_version = ${version}, session_id = ${newId()},
      last_seen_at = now(), agent_capabilities = ${able ? ["upgrade"] : []}::text[]
    where id = ${id}`;
  return id;
}

async function statuses(): Promise<string[]> {
  const rows = await rig.database<{ shown: string }[]>`
    select s.name || ' ' || u.status as shown from agent_upgrades u join servers s on s.id = u.id
    where u.environment_id = ${environmentId} order by s.name`;
  return rows.map(({ shown }) => shown);
}

async function end(serverId: string, error: string | null = null) {
  const running = await findRunningUpgrade(rig.database, serverId);
  return endOfUpgrade(rig.database, { serverId, attempt: running?.attempt ?? "none", error });
}

test.each([
  ["1.0.0", true],
  ["1.1.0", false],
  ["1.2.0", false],
  ["1.1.0-rc.1", true],
  ["unknown", false],
  [null, false],
])("an agent of version %s is outdated beside 1.1.0: %s", (version, outdated) => {
  expect(isOutdated(version, "1.1.0")).toBe(outdated);
});

test("one agent is ordered to upgrade, once, and what it came to is kept", async () => {
  const id = await server("one");
  const row = await upgradeAgent(parts(), system, id);
  expect(row.agentUpgrade).toEqual({ status: "running", from: "1.0.0", to: "1.1.0", error: null });
  await expect(upgradeAgent(parts(), system, id)).rejects.toMatchObject({
    code: "upgrade_running",
  });
  expect(await end(id, "It did not start.")).toMatchObject({ status: "failed" });
  expect(await end(id)).toBeNull();
  const again = await upgradeAgent(parts(), system, id);
  expect(again.agentUpgrade).toMatchObject({ status: "running", error: null });
  expect(await end(id)).toMatchObject({ status: "succeeded" });
  const entries = await rig.database<{ action: string; outcome: string | null }[]>`
    select action, details ->> 'outcome' as outcome from audit_logs
    where resource_id = ${id} order by at, id`;
  expect(entries).toEqual([
    { action: "upgrade_agent", outcome: null },
    { action: "end_agent_upgrade", outcome: "failed" },
    { action: "upgrade_agent", outcome: null },
    { action: "end_agent_upgrade", outcome: "succeeded" },
  ]);
});

test.each([
  [{ status: "offline" }, "agent_unavailable"],
  [{ version: "1.1.0" }, "agent_up_to_date"],
  [{ version: "2.0.0" }, "agent_up_to_date"],
  [{ able: false }, "agent_cannot_upgrade"],
])("an agent that is %o is refused", async (more, code) => {
  const id = await server("one", more);
  await expect(upgradeAgent(parts(), system, id)).rejects.toMatchObject({ code });
  expect(await statuses()).toEqual([]);
});

test("nothing is ordered while the agent is not packaged", async () => {
  const id = await server("one");
  const unpackaged = {
    ...parts(),
    agentPackage: () => ({ state: "preparing" as const, message: "Wait." }),
  };
  await expect(upgradeAgent(unpackaged, system, id)).rejects.toMatchObject({ kind: "not_ready" });
});

test("all of an environment follow in batches, and are called off when one fails", async () => {
  const ids = await Promise.all(["a", "b", "c", "d", "e"].map((name) => server(name)));
  await server("f", { status: "offline" });
  await server("g", { version: "1.1.0" });
  const done = await upgradeAgents(parts(), system, { environmentId, batch: 2 });
  expect(done.upgrades.map(({ name }) => name)).toEqual(["a", "b", "c", "d", "e"]);
  expect(done.leftOut).toEqual([
    {
      server: expect.objectContaining({ name: "f" }),
      reason: expect.stringContaining("connected"),
    },
  ]);
  const count = async (status: string) =>
    (await statuses()).filter((shown) => shown.endsWith(status)).length;
  expect([await count("running"), await count("queued")]).toEqual([2, 3]);
  const running = async () => {
    const found = await Promise.all(ids.map((id) => findRunningUpgrade(rig.database, id)));
    return found.flatMap((row) => (row ? [row.serverId] : []));
  };
  const [first = "", second = ""] = await running();
  await end(first);
  expect([await count("running"), await count("queued")]).toEqual([1, 3]);
  await end(second);
  const [third = "", fourth = ""] = await running();
  expect([await count("running"), await count("queued")]).toEqual([2, 1]);
  await end(third, "It did not connect.");
  expect([await count("failed"), await count("cancelled")]).toEqual([1, 1]);
  await end(fourth);
  expect([await count("succeeded"), await count("running")]).toEqual([3, 0]);
});

test("an agent that never tells has failed, and counts all the same if it comes later", async () => {
  const id = await server("one");
  await upgradeAgent(parts(), system, id);
  const attempt = (await findRunningUpgrade(rig.database, id))?.attempt ?? "";
  await endOverdueUpgrades(rig.database);
  expect(await statuses()).toEqual(["one running"]);
  await rig.database`update agent_upgrades set started_at = now() - interval '1 day' where id = ${id}`;
  await endOverdueUpgrades(rig.database);
  expect(await statuses()).toEqual(["one failed"]);
  await endOfUpgrade(rig.database, { serverId: id, attempt, error: null });
  expect(await statuses()).toEqual(["one succeeded"]);
});

test("an agent that went back later has failed, which it can say once", async () => {
  const [one] = [await server("a"), await server("b"), await server("c")];
  await upgradeAgents(parts(), system, { environmentId, batch: 1 });
  const attempt = (await findRunningUpgrade(rig.database, one))?.attempt ?? "";
  await endOfUpgrade(rig.database, { serverId: one, attempt, error: null });
  expect(await statuses()).toEqual(["a succeeded", "b running", "c queued"]);
  const told = { serverId: one, attempt, error: "It ended 5 times in a row." };
  expect(await endOfUpgrade(rig.database, told)).toMatchObject({ status: "failed" });
  expect(await statuses()).toEqual(["a failed", "b running", "c cancelled"]);
  expect(await endOfUpgrade(rig.database, { ...told, error: null })).toBeNull();
  expect(await endOfUpgrade(rig.database, told)).toBeNull();
});

test("what another server's agent tells changes nothing", async () => {
  const [one, other] = [await server("one"), await server("other")];
  await upgradeAgent(parts(), system, one);
  const attempt = (await findRunningUpgrade(rig.database, one))?.attempt ?? "";
  expect(await endOfUpgrade(rig.database, { serverId: other, attempt, error: null })).toBeNull();
  expect(await endOfUpgrade(rig.database, { serverId: one, attempt: "x", error: null })).toBeNull();
  expect(await statuses()).toEqual(["one running"]);
});
