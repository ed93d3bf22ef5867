import { describe, expect, test, vi } from "vitest";
import { silentLogger } from "../../log.ts";
import { waitUntil } from "../../wait-until.fixture.ts";
import { connectEngine } from "../client.ts";
import { listContainers } from "../container/listing.ts";
import { type Dial, type DialAnswer, EngineSilent } from "../dial.ts";
import { Inventory, type InventoryChange } from "./inventory.ts";

const answered = (statusCode: number, message: string) =>
  Object.assign(new Error(message), { statusCode });

/** An engine that answers each inspect of a container when the test says so. */
class HeldEngine {
  readonly states = new Map<string, string>();
  readonly asked: { id: string; answer: () => void; fail: (error: Error) => void }[] = [];
  readonly engine = connectEngine("unix:///nothing-is-sent.sock", {});
  imageInspects = 0;
  repoDigests: string[] = [];
  repoTags: string[] = [];
  hold = false;
  imagesHang = false;

  constructor() {
    const { modem } = this.engine.docker as { modem: { dial: Dial } };
    modem.dial = (request, answer) => {
      const [, kind = "", id = ""] = request.path.split("/");
      const give = (value: unknown) => answer(null, value);
      if (request.path.startsWith("/containers/json")) give(this.#list(request.options));
      else if (kind === "containers") this.#inspect(id, answer);
      else {
        this.imageInspects += 1;
        const { repoDigests: RepoDigests, repoTags: RepoTags } = this;
        const image = { RepoDigests, RepoTags, Os: "linux", Architecture: "amd64" };
        if (!this.imagesHang) give(image);
      }
    };
  }

  #list(options: unknown): unknown {
    const only = (options as { filters?: { id: string[] } }).filters?.id;
    return [...this.states.keys()]
      .filter((id) => only?.includes(id) ?? true)
      .map((Id) => ({ Id, Names: [`/${Id}`], Image: "app", ImageID: "sha256:image", Created: 1 }));
  }

  #inspect(id: string, answer: DialAnswer): void {
    // What the engine answers is what is so when it is asked, however late the answer comes.
    const status = this.states.get(id);
    const now = () =>
      status === undefined
        ? answer(answered(404, "no such container"))
        : answer(null, details(id, status));
    if (this.hold) this.asked.push({ id, answer: now, fail: answer });
    else now();
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

/** A look is slow, or made again, in a moment. */
const soon = { slowMs: 20, retryMs: { first: 20, last: 40 } };

async function begin(held: HeldEngine, timing = {}) {
  const inventory = new Inventory(held.engine, () => false, silentLogger, timing);
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

  test("asks for so many containers at a time, and for their image once", async () => {
    const held = new HeldEngine();
    held.hold = true;
    for (let i = 0; i < 80; i += 1) held.states.set(`c${i}`, "running");
    const inventory = new Inventory(held.engine, () => false, silentLogger, { slowMs: 3_600_000 });
    const resync = inventory.resync();
    await waitUntil("as many as may be are asked for", () => held.asked.length === 32);
    let answered = 0;
    while (answered < 80) {
      await waitUntil("the next is asked for", () => held.asked.length > answered);
      expect(held.asked.length - answered).toBeLessThanOrEqual(32);
      held.asked[answered]?.answer();
      answered += 1;
    }
    await resync;
    expect(inventory.snapshot()).toHaveLength(80);
    expect(held.imageInspects).toBe(1);
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

describe("a list of all containers", () => {
  /** The ids that the engine lists again, where the inventory does not know; null: all. */
  async function listedAgain({ engine }: HeldEngine): Promise<string[] | null> {
    const { docker } = engine;
    const list = docker.listContainers;
    const asked: ({ id?: string[]; since?: string[] } | undefined)[] = [];
    docker.listContainers = (async (options: { filters?: { id?: string[] } }) => {
      asked.push(options.filters);
      return [];
    }) as unknown as typeof list;
    await listContainers(engine);
    docker.listContainers = list;
    return asked.includes(undefined) ? null : asked.flatMap((filters) => filters?.id ?? []);
  }

  async function withContainers(names: string) {
    const held = new HeldEngine();
    for (const name of names) held.states.set(name, "running");
    return { held, ...(await begin(held, soon)) };
  }

  test("has what the inventory knows, but for what something has happened to", async () => {
    const { held, inventory, event } = await withContainers("abcd");
    expect(await listedAgain(held)).toEqual([]);
    event("b", "rename");
    expect(await listedAgain(held)).toEqual(["b"]);
    await inventory.settled();
    expect(await listedAgain(held)).toEqual([]);
  });

  test("has what the engine says of one that it cannot describe", async () => {
    const { held, event, asked, state } = await withContainers("abcd");
    held.hold = true;
    event("a");
    (await asked(1)).fail(answered(500, "corrupt"));
    await waitUntil("it is unknown", () => state("a") === "unknown");
    expect(await listedAgain(held)).toEqual(["a"]);
    held.hold = false;
  });

  test("has nothing from the inventory while the events are not followed", async () => {
    const { held, inventory } = await withContainers("abcd");
    inventory.unfollowed();
    expect(await listedAgain(held)).toBeNull();
    await inventory.resync();
    expect(await listedAgain(held)).toEqual([]);
  });
});

describe("a container that the engine cannot describe", () => {
  const silent = () => new EngineSilent("GET /containers/bad/json", 10_000, true);

  test.each([
    ["by an error", answered(500, "corrupt")],
    ["in time", silent()],
  ])("%s is shown as unknown, and as it is once it is described", async (_, error) => {
    const held = new HeldEngine();
    held.hold = true;
    held.states.set("good", "running").set("bad", "running");
    const inventory = new Inventory(held.engine, () => false, silentLogger, soon);
    const resync = inventory.resync();
    await waitUntil("both are asked for", () => held.asked.length === 2);
    for (const { id, answer, fail } of held.asked) {
      if (id === "bad") fail(error);
      else answer();
    }
    await resync;
    expect(inventory.complete).toBe(true);
    const of = (name: string) => inventory.snapshot().find((one) => one.name === name);
    expect(of("good")).toMatchObject({ state: "running" });
    expect(of("bad")).toMatchObject({ state: "unknown", health: "unknown", imageName: "app" });
    // Nothing happens to it, and it is looked at again: as often as it takes.
    for (const failing of [2, 3]) {
      (await waitUntil("it is asked for again", () => held.asked[failing])).fail(error);
    }
    (await waitUntil("it is asked for again", () => held.asked[4])).answer();
    await waitUntil("it is known", () => of("bad")?.state === "running");
    held.hold = false;
  });

  test("and never answers for holds up nothing, however many there are", async () => {
    const held = new HeldEngine();
    held.hold = true;
    for (let i = 0; i < 40; i += 1) held.states.set(`hangs${i}`, "running");
    const { inventory, event, state } = await begin(held, soon);
    expect(inventory.complete).toBe(true);
    expect(inventory.snapshot().map((one) => one.state)).toEqual(Array(40).fill("unknown"));
    held.hold = false;
    held.states.set("new", "running");
    event("new");
    await waitUntil("another is seen", () => state("new") === "running");
    await inventory.settled();
    held.asked[0]?.answer();
    await waitUntil("a late answer counts", () => state("hangs0") === "running");
  });

  test("any longer keeps what was known of it until the look has failed", async () => {
    const held = new HeldEngine();
    held.states.set("a", "running");
    const { inventory, event, asked, state } = await begin(held, soon);
    held.hold = true;
    event("a", "stop");
    const first = await asked(1);
    await inventory.settled();
    expect(state("a")).toBe("running");
    first.fail(silent());
    await waitUntil("it is unknown", () => state("a") === "unknown");
    (await asked(2)).answer();
    await waitUntil("it is known again", () => state("a") === "running");
  });

  test("and is gone is not shown", async () => {
    const held = new HeldEngine();
    held.states.set("a", "running");
    const { event, asked, state } = await begin(held, soon);
    held.hold = true;
    event("a", "die");
    const first = await asked(1);
    held.states.delete("a");
    event("a", "destroy");
    first.fail(silent());
    (await asked(2)).answer();
    await waitUntil("it is gone", () => state("a") === undefined);
  });
});

test("an image that the engine does not describe in time holds up no container", async () => {
  const held = new HeldEngine();
  held.states.set("a", "running");
  held.imagesHang = true;
  const { inventory } = await begin(held, soon);
  expect(inventory.snapshot()).toMatchObject([{ state: "running", imagePlatform: null }]);
});

test("a container's report has the names that the engine has for its image", async () => {
  const held = new HeldEngine();
  held.states.set("a", "running");
  held.repoTags = ["shop/app:v1"];
  held.repoDigests = ["shop/app@sha256:1"];
  const { inventory } = await begin(held);
  const imageNames = ["shop/app:v1", "shop/app@sha256:1"];
  expect(inventory.snapshot()).toMatchObject([{ imageNames }]);
});
