import { expect, test } from "vitest";
import { type Actor, type EnvironmentRole, everywhere } from "../actor.ts";
import { counting, expiresAt, requireDecider } from "./approvals.ts";
import type { Approval } from "./plan.ts";

const plan = { environmentId: "here", triggeredById: "maker", askedById: "starter" };
const by = (userId: string): Approval => ({
  ...{ userId, user: `${userId}@b.test`, at: "2030-01-01T00:00:00.000Z", comment: null },
});
const here = (role: EnvironmentRole["role"]): EnvironmentRole[] => [
  { environmentId: "here", role },
];
const counted = (approvals: string[], roles: Record<string, EnvironmentRole[]>) =>
  counting({ ...plan, approvals: approvals.map(by) }, new Map(Object.entries(roles))).map(
    ({ userId }) => userId,
  );

test("counts each person once, with the role that they have now", () => {
  const roles = { ann: here("operator"), bob: everywhere("admin"), eve: here("viewer") };
  expect(counted(["ann", "ann", "bob", "eve", "gone"], roles)).toEqual(["ann", "bob"]);
  const elsewhere = [{ environmentId: "elsewhere", role: "admin" as const }];
  expect(counted(["ann"], { ann: elsewhere })).toEqual([]);
});

test("does not count who made or started the plan", () => {
  const roles = { maker: everywhere("admin"), starter: everywhere("admin") };
  expect(counted(["maker", "starter"], roles)).toEqual([]);
});

test.each<[Partial<Actor>, RegExp]>([
  [{ id: "maker" }, /somebody else has to decide/],
  [{ id: "starter", type: "token" }, /somebody else has to decide/],
  [{ id: null, type: "webhook" }, /by people/],
])("%o may not decide", (who, words) => {
  const actor: Actor = { type: "user", id: "x", name: "x", roles: everywhere("admin"), ...who };
  expect(() => requireDecider(actor, plan)).toThrow(words);
  expect(() => requireDecider({ ...actor, type: "token", id: "other" }, plan)).not.toThrow();
});

test("a plan waits for a week", () => {
  const waitingSince = new Date("2030-01-01T00:00:00Z");
  expect(expiresAt({ status: "waiting_for_approval", waitingSince })).toEqual(
    new Date("2030-01-08T00:00:00Z"),
  );
  expect(expiresAt({ status: "running", waitingSince })).toBeNull();
});
