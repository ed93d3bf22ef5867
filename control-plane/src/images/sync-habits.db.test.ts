import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { send } from "../registries/registry-double.fixture.ts";
import { type ImageWorld, newImageWorld } from "./image-world.fixture.ts";

/*
 * Habits of real registries that a synchronisation meets.
 */

let test_: TestDatabase;
const worlds: ImageWorld[] = [];

beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});
afterAll(() => test_.close());

async function world(tagFilter: string) {
  const made = await newImageWorld(test_.database, tagFilter);
  worlds.push(made);
  return made;
}

describe("a registry that refuses HEAD", () => {
  test.each([400, 403, 404])("with %d has its digests read by GET", async (status) => {
    const w = await world("v*");
    const one = w.double.push("app", "v1");
    const two = w.double.push("app", "v2");
    w.double.faults.push((request, response) => {
      if (request.method !== "HEAD") return false;
      send(response, status, {});
      return true;
    });
    expect(await w.sync()).toMatchObject({ newDigests: 2, notes: [] });
    expect(await w.sync()).toMatchObject({ newDigests: 0, updatedDigests: 0 });
    expect(await w.tags()).toEqual({ [one]: ["v1"], [two]: ["v2"] });
  });
});
