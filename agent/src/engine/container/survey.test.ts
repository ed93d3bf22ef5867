import { describe, expect, it } from "vitest";
import { connectEngine } from "../client.ts";
import type { ContainerInspection } from "../inspection.ts";
import { type ListedContainer, listByEvents } from "./listing.ts";
import {
  dependentsOf,
  forgetContainer,
  knownContainers,
  lastingNames,
  namespaceDependentsOf,
  noteContainer,
  referencesOf,
  type Survey,
  type SurveyedContainer,
} from "./survey.ts";

const ids: Record<string, string> = {};
for (const letter of "abcdef") ids[letter] = letter.repeat(64);
/** What is called otherwise than by its letter. */
const named: Record<string, string> = { f: "web-bp-0123456789" };

function survey(...containers: [string, string[], string[]?][]): Survey {
  const surveyed = containers.map(
    ([name, bound, volumesFrom = []]): SurveyedContainer => ({
      id: ids[name] ?? "",
      name: named[name] ?? name,
      running: true,
      imageId: "",
      ports: [],
      references: {
        namespaces: bound.flatMap((other) => ids[other] ?? (other.startsWith("/") ? [] : other)),
        links: bound.filter((other) => other.startsWith("/")).map((other) => other.slice(1)),
        volumesFrom,
      },
    }),
  );
  return { containers: surveyed, names: new Map(surveyed.map(({ id, name }) => [id, name])) };
}

function names(of: Survey, volumesChange = false): string[] {
  return dependentsOf(of, ids.a ?? "", volumesChange).map(({ name }) => name);
}

describe("containers that depend on one", () => {
  it("are those that name it, by id, short id or name", () => {
    const all = survey(
      ["a", []],
      ["b", ["a"]],
      ["c", ["aaaaaaaaaaaa"]],
      ["d", []],
      ["e", ["name:a"]],
    );
    expect(names(all)).toEqual(["b", "c"]);
    const byName = survey(["a", []], ["b", []]);
    byName.containers[1]?.references.links.push("a");
    expect(names(byName)).toEqual(["b"]);
  });

  it("come after those that they need themselves", () => {
    expect(names(survey(["c", ["a", "b"]], ["d", ["c"]], ["b", ["a"]], ["a", []]))).toEqual([
      "b",
      "c",
      "d",
    ]);
  });

  it("are not those that are kept for a rollback", () => {
    expect(names(survey(["a", []], ["f", ["a"]], ["b", ["a"]]))).toEqual(["b"]);
  });

  it("are not those that share volumes only, unless there are more of these", () => {
    const all = survey(["a", []], ["b", [], ["a"]], ["c", ["b"]]);
    expect(names(all)).toEqual([]);
    expect(names(all, true)).toEqual(["b", "c"]);
  });
});

it("containers that live in another's namespaces are not those that are only linked to it", () => {
  const all = survey(["c", ["b"]], ["a", []], ["b", ["a"]], ["d", ["/a"]], ["e", [], ["a"]]);
  expect(namespaceDependentsOf(all, ids.a ?? "").map(({ name }) => name)).toEqual(["b", "c"]);
});

it("references are namespaces, links and volumes", () => {
  const HostConfig = {
    NetworkMode: "container:x",
    IpcMode: "private",
    PidMode: "container:y",
    Links: ["/db:/web/db"],
    VolumesFrom: ["data:ro"],
  };
  expect(referencesOf({ HostConfig })).toEqual({
    namespaces: ["x", "y"],
    links: ["db"],
    volumesFrom: ["data"],
  });
});

describe("where a reference leads", () => {
  it("is the successor of what is kept for a rollback, if there is one", () => {
    const kept = ids.f ?? "";
    expect(lastingNames(survey(["a", []], ["f", []])).get(kept)).toBe("web-bp-0123456789");
    named.b = "web";
    const lasting = lastingNames(survey(["a", []], ["b", []], ["f", []]));
    delete named.b;
    expect(lasting.get(kept)).toBe("web");
    expect(lasting.get("web-bp-0123456789")).toBe("web");
    expect(lasting.get(ids.a ?? "")).toBe("a");
  });
});

describe("what the engine's events have told of all containers", () => {
  const web: ListedContainer = { id: "w", name: "web", running: true, imageId: "i", ports: [] };
  const inspection = {
    ...{ Id: "w", Name: "/web", HostConfig: { NetworkMode: "container:vpn" }, Config: {} },
  } as unknown as ContainerInspection;

  /** An engine that lists no container, and how often it was asked for that. */
  function engineWith(follower: { containers: ListedContainer[]; uncertain: Set<string> } | null) {
    const engine = connectEngine("unix:///none");
    let asked = 0;
    engine.docker.listContainers = async () => {
      asked += 1;
      return [];
    };
    listByEvents(engine, () => follower && { ...follower, newestId: null });
    return { engine, asked: () => asked };
  }

  it("is taken where it is complete", async () => {
    // Ahead of a change it does not matter that a container may be different by now.
    const { engine, asked } = engineWith({ containers: [web], uncertain: new Set(["w"]) });
    noteContainer(engine, inspection);
    const { containers, names } = await knownContainers(engine);
    expect(containers).toEqual([
      { ...web, references: { namespaces: ["vpn"], links: [], volumesFrom: [] } },
    ]);
    expect([...names]).toEqual([["w", "web"]]);
    expect(asked()).toBe(0);
  });

  it("is asked for where the events are not followed, or a container is not known", async () => {
    const isNew = { containers: [], uncertain: new Set(["w"]) };
    const isNotDescribed = { containers: [web], uncertain: new Set<string>() };
    for (const follower of [null, isNew, isNotDescribed]) {
      const { engine, asked } = engineWith(follower);
      expect((await knownContainers(engine)).containers).toEqual([]);
      expect(asked()).toBe(1);
    }
  });

  it("is forgotten with the container", async () => {
    const { engine, asked } = engineWith({ containers: [web], uncertain: new Set() });
    noteContainer(engine, inspection);
    forgetContainer(engine, "w");
    await knownContainers(engine);
    expect(asked()).toBe(1);
  });
});
