import { expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import type { CommandNote } from "../commands/commands.store.ts";
import { commandNotes } from "./command-notes.ts";

const line = (at: number) => ({ at, phase: "switch", message: "" });

/** Notes whose writes end when they are told to. */
function rig() {
  const writes: { notes: CommandNote[]; done(): void; fail(error: Error): void }[] = [];
  const failures: unknown[] = [];
  const notes = commandNotes(
    (told) =>
      new Promise((done, fail) => {
        writes.push({ notes: told, done, fail });
      }),
    (error) => failures.push(error),
  );
  const written = (count: number) =>
    vi.waitFor(
      () => {
        if (writes.length < count) throw new Error(`${writes.length} writes`);
        return writes[count - 1] as (typeof writes)[number];
      },
      { timeout: waitLimitMs },
    );
  return { notes, writes, written, failures };
}

test("what is told of several commands is written together, each in its order", async () => {
  const { notes, written } = rig();
  notes.accepted("a");
  notes.progress("a", line(1));
  notes.progress("b", line(2));
  notes.progress("a", line(3));
  expect((await written(1)).notes).toEqual([
    { commandId: "a", accepted: true, progress: [line(1), line(3)] },
    { commandId: "b", accepted: false, progress: [line(2)] },
  ]);
});

test("a result takes along what is not written, after what is being written", async () => {
  const { notes, writes, written } = rig();
  notes.progress("a", line(1));
  const first = await written(1);
  notes.progress("a", line(2));
  notes.progress("b", line(3));
  const order: string[] = [];
  const taken = notes.take("a").then((progress) => {
    order.push("taken");
    return progress;
  });
  order.push("written");
  first.done();
  expect(await taken).toEqual([line(2)]);
  expect(order).toEqual(["written", "taken"]);
  expect((await written(2)).notes).toEqual([
    { commandId: "b", accepted: false, progress: [line(3)] },
  ]);
  expect(writes).toHaveLength(2);
});

test("an end writes what is left, and nothing follows it", async () => {
  const { notes, writes } = rig();
  notes.progress("a", line(1));
  notes.stop();
  expect(writes.map(({ notes: told }) => told)).toEqual([
    [{ commandId: "a", accepted: false, progress: [line(1)] }],
  ]);
  notes.progress("a", line(2));
  notes.accepted("b");
  expect(writes).toHaveLength(1);
});

test("a write that fails is told once", async () => {
  const { notes, written, failures } = rig();
  notes.progress("a", line(1));
  (await written(1)).fail(new Error("no database"));
  await expect.poll(() => failures).toEqual([new Error("no database")]);
  notes.progress("a", line(2));
  expect(failures).toHaveLength(1);
});
