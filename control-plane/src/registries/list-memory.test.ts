import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ClientWorld, failed, value } from "./client.fixture.ts";
import { ListMemory } from "./list-memory.ts";
import { type RegistryDouble, send } from "./registry-double.fixture.ts";

describe("a list of tags with an ETag", () => {
  let world: ClientWorld;
  let registry: RegistryDouble;

  beforeEach(async () => {
    world = new ClientWorld();
    registry = await world.double();
    registry.sendsEtags = true;
    for (const tag of ["v1", "v2", "v3", "v4", "v5"]) registry.push("app", tag);
  });
  afterEach(() => world.close());

  const tags = async (credentials: { username: string; password: string } | null = null) =>
    value(await world.client(registry.origin, credentials).listTags("app"));

  test("is not sent again while it is the same, on each of its pages", async () => {
    registry.pageSize = 2;
    const first = await tags();
    expect(first).toEqual(["v1", "v2", "v3", "v4", "v5"]);
    expect(registry.unchangedLists).toBe(0);
    expect(await tags()).toEqual(first);
    expect(registry.unchangedLists).toBe(3);
  });

  test("is read again where it changed", async () => {
    registry.pageSize = 2;
    await tags();
    registry.push("app", "v6");
    expect(await tags()).toEqual(["v1", "v2", "v3", "v4", "v5", "v6"]);
    expect(registry.unchangedLists).toBe(2);
    registry.repository("app").tags.delete("v1");
    expect(await tags()).toEqual(["v2", "v3", "v4", "v5", "v6"]);
  });

  test("is another account's, too, only when that has read it", async () => {
    await tags();
    await tags({ username: "ann", password: "s3cret" });
    expect(registry.unchangedLists).toBe(0);
  });

  test("is asked for without one where there is none, and 304 is no list then", async () => {
    registry.faults.push((request, response) => {
      if (request.headers["if-none-match"] !== undefined) throw new Error("nothing is known yet");
      response.writeHead(304).end();
      return true;
    });
    expect(failed(await world.client(registry.origin).listTags("app")).kind).toBe("bad_answer");
  });

  test("that is empty or none is not kept", async () => {
    const { faults } = registry;
    faults.push((request, response) => {
      if (!request.url?.includes("/tags/list")) return false;
      response.setHeader("etag", '"same"');
      send(response, 200, { error: "later" });
      return true;
    });
    await world.client(registry.origin).listTags("app");
    faults.length = 0;
    expect(await tags()).toHaveLength(5);
    expect(registry.unchangedLists).toBe(0);
  });
});

describe("what is kept of lists", () => {
  const page = (size: number) => ({
    etag: '"e"',
    items: ["x".repeat(size)],
    next: null,
    guessed: false,
  });

  test("has a bound in all, and what was used longest ago goes first", () => {
    const memory = new ListMemory(1000);
    memory.keep("a", page(400));
    memory.keep("b", page(400));
    memory.find("a");
    memory.keep("c", page(400));
    expect([memory.find("a"), memory.find("b"), memory.find("c")].map(Boolean)).toEqual([
      true,
      false,
      true,
    ]);
  });

  test("one that is larger than all of it is not kept and drives nothing out", () => {
    const memory = new ListMemory(1000);
    memory.keep("a", page(400));
    memory.keep("b", page(3000));
    expect(memory.find("a")).not.toBeNull();
    expect(memory.find("b")).toBeNull();
    memory.keep("a", page(3000));
    expect(memory.find("a")).toBeNull();
  });
});
