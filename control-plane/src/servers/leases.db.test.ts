import { afterAll, beforeAll, expect, test } from "vitest";
import { newId } from "../database/ids.ts";
import { listen } from "../database/listen.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { host } from "../gateway/agent.fixture.ts";
import { insertServer } from "./servers.store.ts";
import { closeSessions, markOnline, renewLeases, type SessionKey } from "./sessions.store.ts";

let rig: TestDatabase;

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());

test("whatever changes of a server is told, but not that its lease was repeated", async () => {
  const environmentId = await insertEnvironment(rig.database, newId());
  const serverId = await insertServer(rig.database, {
    ...{ environmentId, name: "one", hostname: null, tags: [] },
  });
  const key: SessionKey = { serverId, sessionId: newId() };
  const told: string[] = [];
  const stop = await listen(rig.database, "changed", { notified: (text) => told.push(text) });
  const agent = { agentVersion: "0.1.0", capabilities: [], host, clockOffsetMs: 0 };
  await markOnline(rig.database, key, agent, []);
  expect(await renewLeases(rig.database, [key])).toEqual(new Set([key.sessionId]));
  await closeSessions(rig.database, [key]);
  // What is told is told in order: the lease came between the two.
  const servers = () => told.filter((text) => JSON.parse(text).kind === "server");
  await expect.poll(servers).toHaveLength(2);
  await stop();
});

test("the trigger that tells of a server's changes knows all of its columns", async () => {
  const known = await rig.owner<{ name: string }[]>`
    select event_object_column as name from information_schema.triggered_update_columns
    where event_object_table = 'servers' and trigger_name = 'changed_update'`;
  const columns = await rig.owner<{ name: string }[]>`
    select column_name as name from information_schema.columns
    where table_schema = 'public' and table_name = 'servers'`;
  const names = (rows: { name: string }[]) => rows.map(({ name }) => name).toSorted();
  const silent = ["inventory_session_id", "last_seen_at", "session_id", "updated_at"];
  expect([...names(known), ...silent].toSorted(), "see functions/notify_changed.sql").toEqual(
    names(columns),
  );
});
