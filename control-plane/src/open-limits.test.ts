import { expect, test } from "vitest";
import { OpenCounts } from "./open-limits.ts";
import { Problem } from "./problem.ts";

const share = (key: string, most = 2) => ({ key, most, what: `things of ${key}` });

test("so many of each may be open, and a closed one makes room", () => {
  const counts = new OpenCounts();
  const first = counts.open(share("ada"));
  counts.open(share("ada"));
  expect(() => counts.open(share("ada"))).toThrow("Too many things of ada are open: at most 2.");
  counts.open(share("bob"));
  first();
  first();
  counts.open(share("ada"));
  expect(() => counts.open(share("ada"))).toThrow(Problem);
});

test("what one share refuses counts for none, and what is closed is forgotten", () => {
  const counts = new OpenCounts();
  const close = counts.open(share("session", 1), share("user"));
  for (let i = 0; i < 5; i++) {
    expect(() => counts.open(share("user"), share("session", 1))).toThrow("things of session");
  }
  const other = counts.open(share("other session", 1), share("user"));
  expect(() => counts.open(share("third", 1), share("user"))).toThrow("things of user");
  close();
  other();
  expect(counts.size).toBe(0);
});
