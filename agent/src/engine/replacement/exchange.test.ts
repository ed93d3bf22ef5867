import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Engine } from "../client.ts";
import { type Exchange, undoExchange } from "./exchange.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const never = (): Promise<never> => new Promise(() => undefined);

interface Container {
  name: string;
  running: boolean;
  /** its process hangs: nothing that wants its end is answered */
  stuck?: boolean;
}

/** An engine of two containers, in memory. */
function engineWith(containers: Record<string, Container>): Engine {
  const notFound = Object.assign(new Error("no such container"), { statusCode: 404 });
  const of = (id: string): Container => {
    const container = containers[id];
    if (container === undefined) throw notFound;
    return container;
  };
  const getContainer = (id: string) => ({
    inspect: async () => ({
      Id: id,
      Name: `/${of(id).name}`,
      State: { Running: of(id).running, Paused: false, StartedAt: "then" },
      Config: { StopTimeout: 5 },
      HostConfig: {},
    }),
    rename: async ({ name }: { name: string }) => {
      of(id).name = name;
    },
    start: async () => {
      of(id).running = true;
    },
    stop: async () => {
      if (of(id).stuck) await never();
      of(id).running = false;
    },
    remove: async () => {
      if (of(id).stuck) await never();
      delete containers[id];
    },
  });
  return { docker: { getContainer } } as unknown as Engine;
}

const exchange: Exchange = {
  name: "web",
  next: { from: "created", name: "web-bp-new-1" },
  previousName: "web-bp-1",
  previous: {
    ...{ id: "old", imageId: "sha256:1", running: true, paused: false, startedAt: "then" },
    restartPolicy: {},
    autoRemove: null,
  },
};

/** Lets what waits for time go on, however much it waits for. */
async function afterAllTimers<T>(work: Promise<T>): Promise<T> {
  let over = false;
  const ended = work.finally(() => {
    over = true;
  });
  ended.catch(() => undefined);
  while (!over) await vi.advanceTimersByTimeAsync(60_000);
  return await ended;
}

it("an undo starts the previous container also where the new one hangs in its stop", async () => {
  const containers: Record<string, Container> = {
    old: { name: "web-bp-1", running: false },
    new: { name: "web", running: true, stuck: true },
  };
  await afterAllTimers(undoExchange(engineWith(containers), exchange, "new", "1.51"));
  expect(containers.old).toEqual({ name: "web", running: true });
  expect(containers.new?.name).toBe("web-bp-new-1");
});

it("an undo removes a new container that can be removed", async () => {
  const containers: Record<string, Container> = {
    old: { name: "web-bp-1", running: false },
    new: { name: "web", running: true },
  };
  await afterAllTimers(undoExchange(engineWith(containers), exchange, "new", "1.51"));
  expect(containers).toEqual({ old: { name: "web", running: true } });
});
