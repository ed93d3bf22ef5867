import { describe, expect, test, vi } from "vitest";
import { silentLogger } from "../../log.ts";
import { waitUntil } from "../../wait-until.fixture.ts";
import type { Engine } from "../client.ts";
import { Inventory, type InventoryChange } from "./inventory.ts";

const notFound = () => Object.assign(new Error("no such container"), { statusCode: 404 });

/** An engine that answers each inspect when the test says so. */
class HeldEngine {
  readonly states = new Map<string, string>();
  readonly asked: { id: string; answer: () => void; fail: (error: Error) => void }[] = [];
  imageInspects = 0;
  repoDigests: string[] = [];
  hold = false;

  readonly engine = {
    docker: {
      listContainers: async () => [...this.states.keys()].map((Id) => ({ Id })),
      getContainer: (id: string) => ({ inspect: () => this.#inspect(id) }),
      getImage: () => ({
        inspect: async () => {
          this.imageInspects += 1;
          return { RepoDigests: this.repoDigests, Os: "linux", Architecture: "amd64" };
        },
      }),
    },
    host: "unix:///fake",
    close: () => {},
  } as unknown as Engine;

  #inspect(id: string): Promise<unknown> {
    // What the engine answers is what is so when it is asked, however late the answer comes.
    const status = this.states.get(id);
    return new Promise((resolve, reject) => {
      const answer = () =>
        status === undefined ? reject(notFound()) : resolve(details(id, status));
      if (this.hold) this.asked.push({ id, answer, fail: reject });
      else answer();
    });
  }
}

function details(id: string, status: string) {
  const time = "2026-01-01T00:00:00Z";
  return {
    Id: id,
    Name: `/${id}`,
    Image: "sha256:image",
    Created: time,
    RestartCount: 0,
    State: { Status: status, ExitCode: 0, StartedAt: time, FinishedAt: time, Running: false },
    Config: { Image: "app" },
    HostConfig: {},
    NetworkSettings: {},
  };
}

async function begin(held: HeldEngine) {
  const inventory = new Inventory(held.engine, () => false, silentLogger);
  const changes: InventoryChange[] = [];
  await inventory.resync();
  inventory.subscribe({ completed: () => {}, changed: (change) => changes.push(change) });
  const event = (id: string, action = "start") =>
    inventory.noteEvent({ type: "container", action, id });
  const state = (id: string) => inventory.snapshot().find((one) => one.id === id)?.state;
  const asked = (n: number) =>
    waitUntil(`the engine was asked ${n} times`, () => held.asked[n - 1] ?? null);
  return { inventory, changes, event, state, asked };
}

describe("the inventory", () => {
  test("answers a burst of events with one look", async () => {
    const held = new HeldEngine();
    held.states.set("a", "created");
    const { event, asked, state } = await begin(held);
    held.hold = true;
    held.states.set("a", "running");
    for (const action of ["create", "start", "rename", "update"]) event("a", action);
    (await asked(1)).answer();
    await waitUntil("it is running", () => state("a") === "running");
    expect(held.asked).toHaveLength(1);
  });

  test("looks again if something happens during a look", async () => {
    const held = new HeldEngine();
    const { event, asked, state } = await begin(held);
    held.hold = true;
    held.states.set("a", "running");
    event("a");
    const first = await asked(1);
    held.states.set("a", "exited");
    event("a", "die");
    event("a", "stop");
    first.answer();
    (await asked(2)).answer();
    await waitUntil("it has exited", () => state("a") === "exited");
    expect(held.asked).toHaveLength(2);
  });

  test("looks once at what a change of ours does, when it is over", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const held = new HeldEngine();
      held.states.set("a", "created");
      const { inventory, event, asked, state } = await begin(held);
      held.hold = true;
      await inventory.during(async () => {
        for (const action of ["rename", "start", "die"]) {
          event("a", action);
          // Longer than a burst is otherwise.
          await vi.advanceTimersByTimeAsync(40);
        }
        expect(held.asked).toHaveLength(0);
        held.states.set("a", "exited");
      });
      const settled = inventory.settled();
      await vi.runAllTimersAsync();
      (await asked(1)).answer();
      await settled;
      expect(state("a")).toBe("exited");
      expect(held.asked).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });

  test("looks while a change of ours takes its time", async () => {
    const held = new HeldEngine();
    held.states.set("a", "running");
    const { inventory, event, state } = await begin(held);
    await inventory.during(async () => {
      held.states.set("a", "exited");
      event("a", "die");
      await waitUntil("it has exited", () => state("a") === "exited");
    });
  });

  test("does not bring back what was removed during a look", async () => {
    const held = new HeldEngine();
    const { event, asked, state, changes } = await begin(held);
    held.hold = true;
    held.states.set("a", "running");
    event("a");
    const first = await asked(1);
    held.states.delete("a");
    event("a", "destroy");
    first.answer();
    (await asked(2)).answer();
    await waitUntil("it is gone", () => state("a") === undefined);
    expect(changes.at(-1)).toEqual({ removedId: "a" });
  });

  test("asks for eight containers at a time", async () => {
    const held = new HeldEngine();
    held.hold = true;
    for (let i = 0; i < 20; i += 1) held.states.set(`c${i}`, "running");
    const inventory = new Inventory(held.engine, () => false, silentLogger);
    const resync = inventory.resync();
    await waitUntil("eight are asked for", () => held.asked.length === 8);
    let answered = 0;
    while (answered < 20) {
      await waitUntil("the next is asked for", () => held.asked.length > answered);
      expect(held.asked.length - answered).toBeLessThanOrEqual(8);
      held.asked[answered]?.answer();
      answered += 1;
    }
    await resync;
    expect(inventory.snapshot()).toHaveLength(20);
    expect(held.imageInspects).toBe(1);
  });

  test("one container that the engine cannot describe does not hide the others", async () => {
    const held = new HeldEngine();
    held.hold = true;
    held.states.set("good", "running").set("bad", "running");
    const inventory = new Inventory(held.engine, () => false, silentLogger);
    const resync = inventory.resync();
    await waitUntil("both are asked for", () => held.asked.length === 2);
    for (const { id, answer, fail } of held.asked) {
      if (id === "bad") fail(Object.assign(new Error("corrupt"), { statusCode: 500 }));
      else answer();
    }
    await resync;
    expect(inventory.snapshot().map(({ id }) => id)).toEqual(["good"]);
    expect(inventory.complete).toBe(true);
  });

  test("is not complete if the engine goes away during the first look", async () => {
    const held = new HeldEngine();
    held.hold = true;
    held.states.set("a", "running");
    const inventory = new Inventory(held.engine, () => false, silentLogger);
    const resync = inventory.resync();
    await waitUntil("it is asked for", () => held.asked.length === 1);
    held.asked[0]?.fail(Object.assign(new Error("gone"), { code: "ECONNRESET", syscall: "read" }));
    await expect(resync).rejects.toThrow("gone");
    expect(inventory.complete).toBe(false);
  });

  test("looks at images again, not at containers, when an image's names change", async () => {
    const held = new HeldEngine();
    held.states.set("a", "running").set("b", "running");
    const { inventory, changes } = await begin(held);
    held.hold = true;
    held.repoDigests = ["app@sha256:1"];
    inventory.noteEvent({ type: "image", action: "tag", id: "sha256:image" });
    await waitUntil("both have the digest", () => changes.length === 2);
    expect(changes).toMatchObject([
      { upsert: { id: "a", repoDigests: ["app@sha256:1"] } },
      { upsert: { id: "b", repoDigests: ["app@sha256:1"] } },
    ]);
    expect(held.asked).toEqual([]);
    expect(held.imageInspects).toBe(2);
  });
});
