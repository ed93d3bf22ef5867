import { compactVerify, importJWK } from "jose";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { createPlan, rollBackPlan } from "../plans/create-plan.ts";
import { deployOf, newWorld, planParts, play, success } from "../plans/plan-world.fixture.ts";
import { plansRoutes } from "../plans/plans.routes.ts";
import { secretsWith } from "../secrets.ts";
import { receiptKeysRoutes } from "./receipt-keys.routes.ts";
import { receiptKeys } from "./receipt-keys.ts";

let test_: TestDatabase;
let api: TestApi;
const secrets = secretsWith("11".repeat(32));

beforeAll(async () => {
  test_ = await openTestDatabase();
  const { database } = test_;
  const unused = () => Promise.reject(new Error("not asked for"));
  api = testApi(
    receiptKeysRoutes({ database, secrets }),
    plansRoutes({
      ...planParts(database),
      ...{ secrets, log: pino({ level: "silent" }), resolveTag: unused, dryRun: unused },
      changes: {} as never,
    }),
  );
  api.actor = { ...system, type: "user", id: newId(), roles: everywhere("admin") };
});
afterAll(() => test_.close());

const keysOf = async () => (await api.get("/receipt-keys")).body.keys;
const receiptFor = async (id: string) => (await api.get(`/deployment-plans/${id}/receipt`)).body;

async function verified(jws: string): Promise<{ receipt: unknown; kid: unknown }> {
  const { kid } = JSON.parse(Buffer.from(jws.split(".")[0] ?? "", "base64url").toString());
  const key = (await keysOf()).find((each: { kid: string }) => each.kid === kid);
  const { payload } = await compactVerify(jws, await importJWK(key, "EdDSA"));
  return { receipt: JSON.parse(new TextDecoder().decode(payload)), kid };
}

test("replicas that start together share one key", async () => {
  const parts = { database: test_.database, secrets };
  await Promise.all([receiptKeys(parts).ready(), receiptKeys(parts).ready()]);
  expect(await keysOf()).toMatchObject([
    { kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig", retiredAt: null },
  ]);
});

test("a receipt is signed once its plan has ended, and says what it was at that time", async () => {
  const { database } = test_;
  const world = await newWorld(database, { services: 1 });
  const planId = await createPlan(planParts(database), system, deployOf(world));
  expect(await receiptFor(planId)).toMatchObject({ receipt: { final: false }, jws: null });

  await play(database, planId, ({ body }) => success(body));
  const { receipt, jws } = await receiptFor(planId);
  expect(receipt).toMatchObject({
    final: true,
    status: "completed",
    environmentId: world.environmentId,
  });
  expect((await verified(jws)).receipt).toEqual(receipt);
  // The same receipt has the same signature.
  expect((await receiptFor(planId)).jws).toBe(jws);

  await rollBackPlan(database, system, planId);
  expect(await receiptFor(planId)).toMatchObject({ receipt: { final: false }, jws: null });
  await play(database, planId, ({ body }) => success(body));
  const back = await receiptFor(planId);
  expect((await verified(back.jws)).receipt).toMatchObject({ status: "rolled_back" });
});

test("another key signs after a rotation, and what the one before signed can be verified", async () => {
  const { database } = test_;
  const world = await newWorld(database, { services: 1 });
  const planId = await createPlan(planParts(database), system, deployOf(world));
  await play(database, planId, ({ body }) => success(body));
  const before = (await receiptFor(planId)).jws;

  api.actor = { ...api.actor, type: "token" };
  expect((await api.post("/receipt-keys/rotate")).status).toBe(403);
  api.actor = { ...api.actor, type: "user" };
  const { status, body } = await api.post("/receipt-keys/rotate");
  expect(status).toBe(200);
  expect(body.keys).toHaveLength(2);
  expect(body.keys[0].retiredAt).toBeNull();

  const after = (await receiptFor(planId)).jws;
  expect((await verified(after)).kid).toBe(body.keys[0].kid);
  expect(await verified(before)).toMatchObject({ kid: body.keys[1].kid, receipt: { planId } });
  const kept = await database`select id from receipt_keys where private_key is not null`;
  expect(kept).toMatchObject([{ id: body.keys[0].kid }]);
  const [entry] = await database<{ details: object }[]>`
    select details from audit_logs where action = 'rotate_receipt_key'`;
  expect(entry?.details).toEqual({ before: body.keys[1].kid, after: body.keys[0].kid });
});
