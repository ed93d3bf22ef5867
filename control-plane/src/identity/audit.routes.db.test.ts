import { createHash } from "node:crypto";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Actor, from, system } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { errorAnswer } from "../http/errors.ts";
import { router } from "../http/routes.ts";
import { auditRoutes } from "./audit.routes.ts";
import { audit } from "./audit.store.ts";

let rig: TestDatabase;
let actor: Actor;
let here: string;
let there: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  here = await insertEnvironment(rig.database, "here");
  there = await insertEnvironment(rig.database, "there");
  actor = system;
  for (let at = 0; at < 250; at++) await write(`entry ${at}`, at % 2 === 0 ? here : there);
});
afterAll(() => rig.close());

function write(resourceName: string, environmentId: string): Promise<void> {
  const entry = { action: "try", resourceType: "test", resourceId: null, resourceName };
  return audit(rig.database, from(system, "192.0.2.7"), { ...entry, environmentId });
}

function ask(path: string): Promise<Response> {
  const app = router();
  app.onError((error, c) => errorAnswer(error, c, pino({ level: "silent" })));
  app.use(async (c, next) => {
    c.set("actor", actor);
    await next();
  });
  app.route("/", auditRoutes({ database: rig.database }) as never);
  return Promise.resolve(app.request(path));
}

interface Line {
  position: number;
  resourceName: string;
  environmentId: string;
  address: string;
  previousHash: string;
  hash: string;
  content: string;
}

async function lines(query = ""): Promise<Line[]> {
  const response = await ask(`/audit-logs/export${query}`);
  expect(response.status).toBe(200);
  const text = await response.text();
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

describe("the export", () => {
  test("has every entry in its order, with what it takes to check the hashes", async () => {
    const all = await lines();
    expect(all.map(({ resourceName }) => resourceName)).toEqual(
      Array.from({ length: 250 }, (_, at) => `entry ${at}`),
    );
    expect(all[0]).toMatchObject({ position: 1, address: "192.0.2.7", environmentId: here });
    let previous = "00".repeat(32);
    for (const { previousHash, hash, content } of all) {
      expect(previousHash).toBe(previous);
      previous = createHash("sha256").update(previous, "hex").update(content).digest("hex");
      expect(hash).toBe(previous);
    }
  });

  test("is of a time, and of an environment", async () => {
    const rows = await rig.database<{ at: Date }[]>`
      select date_trunc('milliseconds', at) as at from audit_logs order by at`;
    const begin = encodeURIComponent(rows[100]?.at.toISOString() ?? "");
    const before = await lines(`?to=${begin}`);
    const after = await lines(`?from=${begin}`);
    expect([...before, ...after].map(({ position }) => position)).toEqual(
      Array.from({ length: 250 }, (_, at) => at + 1),
    );
    expect(after.length).toBeGreaterThanOrEqual(150);
    expect(await lines(`?environmentId=${there}`)).toHaveLength(125);
    expect((await ask("/audit-logs/export?from=yesterday")).status).toBe(400);
  });

  test("tells who is limited to an environment nothing of the others", async () => {
    actor = { ...system, roles: [{ environmentId: here, role: "admin" }] };
    expect(new Set((await lines()).map(({ environmentId }) => environmentId))).toEqual(
      new Set([here]),
    );
    expect((await ask(`/audit-logs/export?environmentId=${there}`)).status).toBe(403);
    expect((await ask("/audit-logs/verify")).status).toBe(403);
    actor = system;
  });

  test("is read from the database as it is taken", async () => {
    const response = await ask("/audit-logs/export");
    const reader = response.body?.getReader();
    const first = await reader?.read();
    // One page that is taken, and one that waits.
    expect(new TextDecoder().decode(first?.value).split("\n")).toHaveLength(101);
    await write("after the export began", here);
    let rest = "";
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      rest += new TextDecoder().decode(part.value);
    }
    expect(rest.split("\n")).toHaveLength(151);
    expect(rest).not.toContain("after the export began");
  });
});

test("verifying says where the chain ends, and where it breaks", async () => {
  const verification = async () => {
    const answer = (await (await ask("/audit-logs/verify")).json()) as { verification: object };
    return answer.verification;
  };
  const all = await lines();
  expect(await verification()).toEqual({
    whole: true,
    entries: 251,
    removed: 0,
    last: { position: 251, hash: all.at(-1)?.hash },
    broken: null,
    protection: { by: "role", role: "bridgeport_app", gaps: [] },
  });
  await rig.owner.begin(async (sql) => {
    await sql`set local session_replication_role = replica`;
    await sql`delete from audit_logs where resource_name = 'entry 41'`;
  });
  expect(await verification()).toMatchObject({
    whole: false,
    broken: { position: 42, reason: "missing" },
  });
});
