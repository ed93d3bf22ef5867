import { expect, it } from "vitest";
import { readDependents } from "./run-journal.ts";

const exchange = { name: "app", nextName: "app-bp-new-1", keptName: "app-bp-1", previous: null };

function phases(...names: (string | [string, Record<string, unknown>])[]) {
  return names.map((one) => {
    const [name, data] = typeof one === "string" ? [one, {}] : one;
    return { name, data, at: 0 };
  });
}

const begun: [string, Record<string, unknown>] = ["dependents", { exchanges: [exchange] }];
const created: [string, Record<string, unknown>] = ["dependent", { name: "app", id: "next" }];

it.each([
  ["nothing where none was touched", phases("restore"), null],
  ["that they were begun", phases("restore", begun), { ids: [], done: false }],
  ["which new ones there are", phases(begun, created), { ids: [["app", "next"]], done: false }],
  ["that all are there", phases(begun, created, "dependents-done"), { done: true }],
  ["only the last attempt", phases(begun, created, "verify", begun), { ids: [], done: false }],
])("a journal tells of dependents %s", (_, written, expected) => {
  const read = readDependents(written);
  const told = read && { ids: [...read.nextIds], done: read.done };
  expect(told).toEqual(expected === null ? null : expect.objectContaining(expected));
});
