import type { CommandBody, ResultBody } from "@bridgeport/proto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../test/harness/limit.ts";
import { tablesWith } from "../../test/harness/stored.ts";
import { type Matrix, openMatrix } from "./access-matrix.fixture.ts";
import { everywhere, system } from "./actor.ts";
import { recordOutcome } from "./commands/commands.store.ts";
import { undoneCommands } from "./commands/undone-commands.fixture.ts";
import type { Database } from "./database/connection.ts";
import { openTestDatabase, type TestDatabase } from "./database/test-database.ts";
import { takeNewestKey } from "./identity/key-rotation.ts";
import { createPlan } from "./plans/create-plan.ts";
import { dryRunWith } from "./plans/dry-run.ts";
import {
  deployOf,
  newWorld,
  planParts,
  play,
  refusal,
  removeContainersOf,
  setSpec,
  success,
} from "./plans/plan-world.fixture.ts";
import { secretsWith } from "./secrets.ts";

/*
 * A value of an environment variable goes wherever it may go, and is then looked for in everything that is
 * stored: every row of every table, as text, as bytes and in base64.
 */

const marker = "hunter2-correct-horse";
const secrets = secretsWith("44".repeat(32));
const spec = { Env: [`PASSWORD=${marker}`, `URL=https://u:${marker}@host`], User: "1000" };

let rig: TestDatabase;
let matrix: Matrix;

beforeAll(async () => {
  rig = await openTestDatabase({ secrets });
  await takeNewestKey(rig.database, secrets);
  matrix = await openMatrix(rig);
});
afterAll(async () => {
  await matrix.close();
  await rig.close();
});

const plainRows = (database: Pick<Database, "unsafe">) =>
  tablesWith(marker, (statement, parameters) => database.unsafe(statement, parameters));

async function ask(method: string, path: string, body: unknown, key: string) {
  const response = await fetch(`http://${matrix.url}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${matrix.tokens.operator}`, "idempotency-key": key },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  expect([path, response.status, text]).toEqual([path, 200, expect.anything()]);
  return JSON.parse(text);
}

/** What an agent says that has created the container with the variables. */
function answered(body: CommandBody): ResultBody {
  const result = success(body);
  if (result.kind !== "run") return result;
  const change = { field: "Config.Env.PASSWORD", origin: "kept" as const };
  return { ...result, spec, changes: [{ ...change, before: marker, after: marker }] };
}

test("no value of a variable is stored as it is, wherever it has been", async () => {
  const { database } = rig;
  // Over the API, with answers that are kept.
  const { service } = await ask(
    "POST",
    `/servers/${matrix.ids.server}/services`,
    { name: "new", containerName: "new", containerImageId: matrix.ids.image, spec },
    "create",
  );
  await ask("PATCH", `/services/${service.id}`, { spec: { env: { PASSWORD: marker } } }, "change");
  const revealed = await ask("POST", `/services/${service.id}/reveal-values`, {}, "reveal");
  expect(revealed.env.PASSWORD).toBe(marker);

  // A first deploy creates the container from the specification; its agent says what came of it.
  const world = await newWorld(database, { services: 1 });
  const [serviceId = "", serverId = ""] = [world.serviceIds[0], world.serverIds[0]];
  await setSpec(database, serviceId, spec);
  const sent: unknown[] = [];
  const deploy = async (fails: boolean) => {
    const request = deployOf(world, { serviceIds: [serviceId], create: true });
    const planId = await createPlan(planParts(database), system, request);
    return play(database, planId, (command) => {
      if (command.body.kind === "run") sent.push(command.body.spec);
      if (command.body.kind === "rollback") sent.push(command.body.spec);
      if (fails && command.body.kind === "probe") return refusal("it does not answer");
      return answered(command.body);
    });
  };
  expect((await deploy(false)).plan.status).toBe("completed");

  // It was removed by hand: the deploy creates it from the record, fails, and rolls back by the record.
  await database`update services set deployed_digest_id = ${world.digests[0]?.id ?? null}`;
  await removeContainersOf(database, [serviceId]);
  expect((await deploy(true)).plan.status).not.toBe("completed");

  // A dry run asks its agent, and tells what it says.
  const request = deployOf(world, { serviceIds: [serviceId], create: true, execute: false });
  const planId = await createPlan(planParts(database), system, request);
  const images = { imageConfig: async () => ({ Env: ["FROM_IMAGE=1"] }) };
  const running = dryRunWith({ database, images })(planId, { roles: everywhere("admin") });
  const [command] = await vi.waitFor(async () => {
    const open = await undoneCommands(database, serverId);
    expect(open).toHaveLength(1);
    return open;
  }, waitLimitMs);
  if (!command) throw new Error("nothing was asked");
  const outcome = { ok: true as const, body: answered(command.body) };
  await recordOutcome(database, serverId, { commandId: command.id, outcome });
  expect(JSON.stringify(await running)).not.toContain(marker);

  // It was everywhere, for those who need it.
  expect(sent).toEqual([spec, spec, ...sent.slice(2)]);
  const [row] = await database`select recorded_spec from services where id = ${serviceId}`;
  expect(row?.recordedSpec).toEqual(spec);
  const bodies = await database<{ body: { spec?: unknown } }[]>`
    select body from plan_steps where action = 'deploy' and server_id = ${serverId}`;
  expect(bodies.filter(({ body }) => body.spec).length).toBeGreaterThan(1);

  expect(await plainRows(database)).toEqual({});
});

describe("the look itself", () => {
  test.each([
    ["in JSON", "update services set spec = jsonb_build_object('a', $1::text)", "services"],
    ["in bytes", "update webhooks set secret = convert_to($1::text, 'UTF8')", "webhooks"],
    [
      "in base64",
      "update users set name = encode(convert_to('a' || $1::text, 'UTF8'), 'base64')",
      "users",
    ],
  ])("finds what lies there in plain: %s", async (_, statement, table) => {
    const undone = new Error("undone");
    const looking = rig.database.begin(async (sql) => {
      await sql.unsafe(statement, [marker]);
      expect(Object.keys(await plainRows(sql))).toEqual([`public.${table}`]);
      throw undone;
    });
    await expect(looking).rejects.toBe(undone);
  });
});
