import type { ContainerInfo } from "dockerode";
import { expect, it } from "vitest";
import { connectEngine } from "../client.ts";
import { type Followed, type ListedContainer, listByEvents, listContainers } from "./listing.ts";

type Filters = { id?: string[]; since?: string[] };

/** The containers a, b, … of an engine, oldest first, and the filters that its list was asked with. */
function engineOf(names: string) {
  const engine = connectEngine("unix:///none");
  const ids = [...names];
  const asked: (Filters | null)[] = [];
  engine.docker.listContainers = (async (options: { filters?: Filters }) => {
    const { filters = null } = options;
    asked.push(filters);
    const [since] = filters?.since ?? [];
    if (since !== undefined && !ids.includes(since)) throw new Error(`No such container: ${since}`);
    const newer = since === undefined ? ids : ids.slice(ids.indexOf(since) + 1);
    return newer.filter((id) => filters?.id?.includes(id) ?? true).map(listed);
  }) as unknown as typeof engine.docker.listContainers;
  const follow = (followed: Followed | null): void => listByEvents(engine, () => followed);
  const now = async (): Promise<string[]> =>
    (await listContainers(engine)).map(({ name }) => name).sort();
  return { ids, asked, follow, now };
}

function listed(Id: string): ContainerInfo {
  return {
    Id,
    Names: [`/${Id} now`],
    State: "running",
    ImageID: "",
    Ports: [],
  } as unknown as ContainerInfo;
}

function before(names: string): ListedContainer[] {
  return [...names].map((id) => {
    return { id, name: `${id} before`, running: true, imageId: "", ports: [] };
  });
}

it("only what the events leave open is listed", async () => {
  const { asked, follow, now } = engineOf("abcdef");
  follow({ containers: before("abcd"), uncertain: new Set(["b"]), newestId: "d" });
  expect(await now()).toEqual(["a before", "b now", "c before", "d before", "e now", "f now"]);
  expect(asked).toEqual([{ id: ["b"] }, { since: ["d"] }]);
});

it("nothing but newer ones is listed where the events leave nothing open", async () => {
  const { asked, follow, now } = engineOf("ab");
  follow({ containers: before("ab"), uncertain: new Set(), newestId: "b" });
  expect(await now()).toEqual(["a before", "b before"]);
  expect(asked).toEqual([{ since: ["b"] }]);
});

it("what is gone since its event is not there", async () => {
  const { ids, follow, now } = engineOf("abcd");
  ids.splice(1, 1);
  follow({ containers: before("abcd"), uncertain: new Set(["b"]), newestId: "d" });
  expect(await now()).toEqual(["a before", "c before", "d before"]);
});

it.each<[string, Followed | null]>([
  ["the events are not followed", null],
  ["none is known", { containers: [], uncertain: new Set(), newestId: null }],
  ["the newest is gone", { containers: before("abcx"), uncertain: new Set(), newestId: "x" }],
  [
    "most may be different",
    { containers: before("abcd"), uncertain: new Set(["a", "b", "c"]), newestId: "d" },
  ],
])("all are listed where %s", async (_, followed) => {
  const { asked, follow, now } = engineOf("abcd");
  follow(followed);
  expect(await now()).toEqual(["a now", "b now", "c now", "d now"]);
  expect(asked.at(-1)).toBeNull();
});
