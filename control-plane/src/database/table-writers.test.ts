import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { findStatements, type Statement } from "./statements.fixture.ts";

/*
 * Each table is written by the stores of one room; others call those. What is not so yet is named here,
 * with the reason; what is mended has to go from here, too.
 */

const several: Record<string, { rooms: string[]; why: string }> = {
  ...expired("commands", "commands"),
  ...expired("idempotency_keys", "http"),
  ...expired("incoming_deliveries", "webhooks"),
  ...expired("join_tokens", "servers"),
  ...expired("notifications", "notifications"),
  ...expired("sessions", "identity"),
  ...expired("webhook_deliveries", "webhooks"),
  deployment_plans: {
    rooms: ["environments", "housekeeping", "plans"],
    why: "removed with their environment, and when they are over for long enough",
  },
  registries: {
    rooms: ["environments", "registries"],
    why: "removed with their environment, after its images",
  },
  container_images: {
    rooms: ["environments", "images"],
    why: "removed with their environment, which knows no room below it",
  },
};

/** What retention removes when it is over for long enough, in batches and nowhere else. */
function expired(table: string, room: string) {
  return {
    [table]: { rooms: ["housekeeping", room].sort(), why: "removed when over for long enough" },
  };
}

let statements: Statement[];

beforeAll(() => {
  statements = findStatements(fileURLToPath(new URL("..", import.meta.url)));
});

test("each table is written by one room", () => {
  const found = [...writersOf(statements)].filter(([, rooms]) => rooms.size > 1);
  expect(Object.fromEntries(found.map(([table, rooms]) => [table, [...rooms].sort()]))).toEqual(
    Object.fromEntries(Object.entries(several).map(([table, { rooms }]) => [table, rooms])),
  );
});

test("what writes is found in every form", () => {
  const written = (text: string) => [...writersOf([statement(text)]).keys()];
  expect(written("insert into servers (id) values ($1)")).toEqual(["servers"]);
  expect(
    written(`with gone as (delete from sessions where true returning id)
      update only users set name = '' from gone`),
  ).toEqual(["sessions", "users"]);
  expect(written("insert into a select 1 on conflict (id) do update set id = 1")).toEqual(["a"]);
  expect(written("select id from plans for update of plans")).toEqual([]);
  expect(written("select id from plans for no key update")).toEqual([]);
  expect(written("select id from plans for update skip locked")).toEqual([]);
});

function statement(text: string): Statement {
  return { place: "some/some.store.ts:1", text, parameters: [], row: null, unclear: null };
}

/** table → the rooms whose statements write it */
function writersOf(of: Statement[]): Map<string, Set<string>> {
  const writers = new Map<string, Set<string>>();
  const writing =
    /\b(?:insert\s+into|delete\s+from|(?<!\bfor\s+|\bkey\s+|\bdo\s+)update)\s+(?:only\s+)?([a-z_]+)/g;
  for (const { text, place } of of) {
    for (const [, table = ""] of text.matchAll(writing)) {
      const [room = ""] = place.split("/");
      writers.set(table, (writers.get(table) ?? new Set()).add(room));
    }
  }
  return writers;
}
