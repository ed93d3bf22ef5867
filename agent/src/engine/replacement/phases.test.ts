import { describe, expect, it } from "vitest";
import type { JournalPhase } from "../../command.ts";
import type { Exchange, PreviousContainer } from "./exchange.ts";
import { dependentsInJournal, enter, type Phase, readPhases, readProgress } from "./phases.ts";

const previous: PreviousContainer = {
  ...{ id: "old", imageId: "sha256:1", running: true, paused: false, startedAt: "then" },
  restartPolicy: { Name: "always" },
  autoRemove: null,
};
const exchange: Exchange = {
  name: "web",
  next: { from: "created", name: "web-bp-new-1" },
  previousName: "web-bp-1",
  previous,
};
const kept: Exchange = {
  ...exchange,
  next: {
    ...{ from: "kept", id: "kept", name: "web-bp-0", running: true, paused: false },
    restartPolicy: { Name: "always" },
  },
};
const dependents = [{ id: "d", name: "app", running: true }];
const prepare: Phase = {
  name: "prepare",
  ...{ exchange, order: "stop-first", starts: true, dependents },
};
const prepareKept: Phase = { ...prepare, exchange: kept };
const failure = { code: "start_failed" as const, message: "no", logLines: [], exitCode: null };

/** The journal after these phases. */
async function journalOf(...phases: Phase[]): Promise<JournalPhase[]> {
  const written: JournalPhase[] = [];
  const context = {
    phase: async (name: string, data: Record<string, unknown> = {}) => {
      written.push(JSON.parse(JSON.stringify({ name, data, at: 0 })));
    },
  };
  for (const phase of phases) await enter(context, phase);
  return written;
}

describe("a phase in the journal", () => {
  const all: Phase[] = [
    prepare,
    prepareKept,
    { name: "unprepared" },
    { name: "rename", nextId: "n" },
    { name: "beside", nextId: "n" },
    { name: "switch", nextId: "n" },
    { name: "verify", nextId: "n", downtimeMs: 5 },
    { name: "dependents", exchanges: [exchange] },
    { name: "dependent", dependent: "app", nextId: "a" },
    { name: "dependents-done" },
    { name: "undo", failure },
    { name: "remove", id: "x" },
    { name: "restart", startedAt: "then", dependents },
  ];

  it.each(all)("$name is read as it was written", async (phase) => {
    expect(readPhases(await journalOf(phase))).toEqual([phase]);
  });

  it("of a newer agent's version is an error", () => {
    const newer = [{ name: "prepare", data: { version: 3 }, at: 0 }];
    expect(() => readPhases(newer)).toThrow(/newer agent/);
    expect(dependentsInJournal(newer)).toEqual([]);
  });
});

describe("how an exchange ends after a crash", () => {
  const undo: Phase = { name: "undo", failure };
  it.each<[string, Phase[], string]>([
    ["created, before the switch", [prepare], "start over"],
    ["created, ready to take the name", [prepare, { name: "rename", nextId: "n" }], "start over"],
    ["created, beside the other", [prepare, { name: "beside", nextId: "n" }], "start over"],
    ["created, at the switch", [prepare, { name: "switch", nextId: "n" }], "finish"],
    ["verified", [prepare, { name: "verify", nextId: "n", downtimeMs: 1 }], "finish"],
    ["with dependents", [prepare, { name: "dependents", exchanges: [] }], "finish"],
    ["being undone", [prepare, { name: "switch", nextId: "n" }, undo], "undo"],
    ["begun again after it was undone", [prepare, undo, prepare], "start over"],
    ["kept, from the beginning", [prepareKept], "finish"],
    ["kept, being undone", [prepareKept, undo], "undo"],
  ])("%s", async (_, phases, ending) => {
    expect(readProgress(await journalOf(...phases))?.ending).toBe(ending);
  });
});

describe("how far a command has come", () => {
  it("is null before anything was prepared", async () => {
    expect(readProgress(await journalOf({ name: "remove", id: "x" }))).toBeNull();
  });

  it("counts attempts, and describes only the last one", async () => {
    const journal = await journalOf(prepare, { name: "switch", nextId: "first" }, prepare);
    expect(readProgress(journal)).toMatchObject({ attempts: 2, nextId: null, verified: null });
  });

  it("has the id of a kept container from the beginning", async () => {
    expect(readProgress(await journalOf(prepareKept))?.nextId).toBe("kept");
  });

  const begun: Phase = { name: "dependents", exchanges: [exchange] };
  const created: Phase = { name: "dependent", dependent: "app", nextId: "next" };
  it.each<[string, Phase[], { ids: [string, string][]; done: boolean } | null]>([
    ["none", [prepare], null],
    ["begun", [prepare, begun], { ids: [], done: false }],
    ["created", [prepare, begun, created], { ids: [["app", "next"]], done: false }],
    [
      "done",
      [prepare, begun, created, { name: "dependents-done" }],
      { ids: [["app", "next"]], done: true },
    ],
    ["of the last attempt", [prepare, begun, created, begun], { ids: [], done: false }],
  ])("with dependents: %s", async (_, phases, expected) => {
    const read = readProgress(await journalOf(...phases))?.dependents ?? null;
    expect(read && { ids: [...read.nextIds], done: read.done }).toEqual(expected);
  });

  it("names the dependents that it has begun to change", async () => {
    expect(dependentsInJournal(await journalOf(prepare))).toEqual(["app"]);
    expect(
      dependentsInJournal(await journalOf({ name: "restart", startedAt: "t", dependents })),
    ).toEqual(["app"]);
  });
});

describe("what was prepared ahead and removed again", () => {
  it("is not begun", async () => {
    const written = await journalOf(prepare, { name: "unprepared" });
    expect(readProgress(written)).toBeNull();
  });

  it("is no attempt", async () => {
    const written = await journalOf(prepare, { name: "unprepared" }, prepare);
    expect(readProgress(written)).toMatchObject({ attempts: 1, ending: "start over" });
  });
});

describe("a journal of version 1", () => {
  const at = 0;
  const exchange1 = { name: "web", nextName: "web-bp-new-1", keptName: "web-bp-1", previous };

  it("of a run is read", () => {
    const data = { exchange: exchange1, order: "stop-first", starts: true, dependents };
    const written = [
      { name: "prepare", data, at },
      { name: "rename", data: { nextId: "n" }, at },
      { name: "dependents", data: { exchanges: [exchange1] }, at },
      { name: "dependent", data: { name: "app", id: "a" }, at },
    ];
    expect(readPhases(written)).toEqual([
      prepare,
      { name: "rename", nextId: "n" },
      { name: "dependents", exchanges: [exchange] },
      { name: "dependent", dependent: "app", nextId: "a" },
    ]);
  });

  it("of a rollback continues with the kept container", () => {
    const restore = {
      undone: { id: "new", running: true, ours: true },
      kept: { id: "kept", running: true, paused: false, restartPolicy: { Name: "always" } },
      dependents,
    };
    const names = { service: "web", kept: "web-bp-0", undone: "web-bp-old-1" };
    const progress = readProgress([{ name: "restore", data: restore, at }], names);
    expect(progress).toMatchObject({
      ending: "finish",
      nextId: "kept",
      prepared: {
        starts: true,
        dependents,
        exchange: {
          name: "web",
          previousName: "web-bp-old-1",
          previous: { id: "new", running: true },
          next: kept.next,
        },
      },
    });
  });

  it("of a restart has its dependents", () => {
    const written = [{ name: "restart", data: { startedAt: "t", lodgers: dependents }, at }];
    expect(readPhases(written)).toEqual([{ name: "restart", startedAt: "t", dependents }]);
    const older = [{ name: "restart", data: { startedAt: "t" }, at }];
    expect(readPhases(older)).toEqual([{ name: "restart", startedAt: "t", dependents: [] }]);
  });
});
