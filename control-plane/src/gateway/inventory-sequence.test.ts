import { type ContainerReport, limits } from "@bridgeport/proto";
import { expect, test } from "vitest";
import { type InventoryStep, inventorySequence } from "./inventory-sequence.ts";

const report = (id: string) => ({ id }) as ContainerReport;
const chunk = (sequence: number, chunk: number, last: boolean, ...ids: string[]) => ({
  kind: "inventory" as const,
  sequence,
  chunk,
  last,
  containers: ids.map(report),
});
const upsert = (sequence: number, id: string) => ({
  kind: "change" as const,
  sequence,
  change: { upsert: report(id) },
});
const removed = (sequence: number, removedId: string) => ({
  kind: "change" as const,
  sequence,
  change: { removedId },
});

function words(steps: InventoryStep[]): string[] {
  return steps.map((step) => {
    if (step.kind !== "write") return step.kind;
    const { change } = step;
    if (change.kind === "complete") return `all ${change.containers.map(({ id }) => id).join("")}`;
    return change.kind === "upsert" ? `+${change.container.id}` : `-${change.id}`;
  });
}

function run(...messages: Parameters<ReturnType<typeof inventorySequence>>[0][]): string[] {
  const take = inventorySequence();
  return messages.flatMap((message) => words(take(message, 0)));
}

test("chunks make one inventory, and changes go on from it", () => {
  expect(
    run(chunk(7, 0, false, "a"), chunk(7, 1, true, "b"), upsert(8, "c"), removed(9, "a")),
  ).toEqual(["all ab", "+c", "-a"]);
});

test("what an inventory contains already is left out", () => {
  expect(run(chunk(7, 0, true, "a"), upsert(6, "x"), upsert(7, "y"), upsert(8, "z"))).toEqual([
    "all a",
    "+z",
  ]);
});

test("changes before the first inventory and between its chunks follow it", () => {
  expect(
    run(upsert(6, "x"), chunk(7, 0, false, "a"), upsert(8, "b"), chunk(7, 1, true), upsert(9, "c")),
  ).toEqual(["all a", "+b", "+c"]);
});

test("after a gap nothing is believed until everything was sent again", () => {
  expect(
    run(
      chunk(0, 0, true),
      upsert(1, "a"),
      upsert(3, "c"),
      upsert(4, "d"),
      chunk(3, 0, true, "a", "b", "c"),
      upsert(5, "e"),
    ),
  ).toEqual(["all ", "+a", "request", "all abc", "+d", "+e"]);
});

test("a lost chunk is a gap", () => {
  expect(run(chunk(5, 0, false, "a"), chunk(5, 2, true, "c"), chunk(6, 0, true, "a"))).toEqual([
    "request",
    "all a",
  ]);
  expect(run(chunk(5, 1, true, "b"))).toEqual(["request"]);
});

test("what is still to come of an inventory that cannot be used is asked for once", () => {
  const lost = [1, 2, 3, 4].map((number) => chunk(5, number, number === 4, "x"));
  expect(run(...lost, upsert(6, "b"), chunk(6, 0, true, "a"))).toEqual(["request", "all a"]);
  // And again where the next one cannot be used either.
  expect(run(...lost, chunk(6, 0, false, "a"), chunk(6, 2, true), chunk(6, 3, true))).toEqual([
    "request",
    "request",
  ]);
});

test("an inventory that was asked for replaces one that is half there", () => {
  expect(run(chunk(5, 0, false, "a"), chunk(6, 0, true, "b"))).toEqual(["all b"]);
});

test("an inventory that never ends is given up", () => {
  const take = inventorySequence();
  const ids = Array.from({ length: limits.containersInMessage }, (_, index) => String(index));
  const full = limits.containers / ids.length;
  for (let number = 0; number < full; number += 1) {
    expect(take(chunk(1, number, false, ...ids), 0)).toEqual([]);
  }
  expect(words(take(chunk(1, full, false, "more"), 0))).toEqual(["too_many"]);
});

test("what is held until an inventory is complete has a length in all", () => {
  const take = inventorySequence();
  expect(take(upsert(1, "a"), 40 * 1024 * 1024)).toEqual([]);
  expect(words(take(upsert(2, "a"), 40 * 1024 * 1024))).toEqual(["too_many"]);
});
