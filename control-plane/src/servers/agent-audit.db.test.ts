import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { turnedAwayAudit } from "./agent-audit.ts";

let rig: TestDatabase;

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());

test("an IPv6 network that is turned away from many addresses leaves room for others", async () => {
  const note = turnedAwayAudit(rig.database, pino({ level: "silent" }));
  const refused = { action: "refuse_enrolment", server: null, reason: "too many" } as const;
  for (let host = 1; host <= 200; host += 1) {
    await note({ ...refused, address: `2001:db8:1:2::${host.toString(16)}` });
  }
  await note({ ...refused, address: "192.0.2.1" });
  const rows = await rig.database`
    select details from audit_logs where action = 'refuse_enrolment' order by at, id`;
  expect(rows.map(({ details }) => details)).toEqual([
    { reason: "too many", address: "2001:db8:1:2::1" },
    { reason: "too many", address: "192.0.2.1", moreNotListed: 199 },
  ]);
});
