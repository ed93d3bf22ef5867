import { describe, expect, test } from "vitest";
import {
  type Actor,
  acting,
  type EnvironmentRole,
  environmentsOf,
  everywhere,
  mayUseEnvironment,
  requireAllEnvironments,
  requireEnvironment,
  roleIn,
  tokenRoles,
  toldRole,
} from "./actor.ts";

const viewerOfA = { environmentId: "a", role: "viewer" } as const;
const operatorOfB = { environmentId: "b", role: "operator" } as const;
const both: EnvironmentRole[] = [viewerOfA, operatorOfB];
const person = (roles: EnvironmentRole[]): Actor => ({ type: "user", id: "1", name: "ada", roles });
const refusal = (act: () => unknown): string | null => {
  try {
    act();
    return null;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test("a role counts in its environment, one of all environments in each, and the higher one wins", () => {
  expect(["a", "b", "c", null].map((id) => roleIn(both, id))).toEqual([
    "viewer",
    "operator",
    null,
    null,
  ]);
  const wide = [
    ...everywhere("operator"),
    viewerOfA,
    { environmentId: "b", role: "admin" as const },
  ];
  expect(["a", "b", "c", null].map((id) => roleIn(wide, id))).toEqual([
    "operator",
    "admin",
    "operator",
    "operator",
  ]);
});

test("a token is in no environment more than its owner, and nowhere more than it says", () => {
  const token = (role: "viewer" | "admin", environmentIds: string[] | null) =>
    tokenRoles(both, { role, environmentIds });
  expect(token("admin", null)).toEqual(both);
  expect(token("viewer", null)).toEqual([viewerOfA, { ...operatorOfB, role: "viewer" }]);
  expect(token("admin", ["b", "c"])).toEqual([operatorOfB]);
  expect(tokenRoles(everywhere("operator"), { role: "admin", environmentIds: ["c"] })).toEqual([
    { environmentId: "c", role: "operator" },
  ]);
  expect(tokenRoles([], { role: "admin", environmentIds: null })).toEqual([]);
});

describe("what needs a role counts only where the actor has it", () => {
  test.each([
    ["viewer", ["a", "b"], [null, null, "environment_out_of_scope"]],
    ["operator", ["b"], ["role_too_low", null, "environment_out_of_scope"]],
  ] as const)("%s", (role, environments, refusals) => {
    const actor = acting(person(both), role);
    expect(environmentsOf(actor)).toEqual(environments);
    expect(["a", "b", "c"].map((id) => refusal(() => requireEnvironment(actor, id)))).toEqual(
      refusals,
    );
    expect(["a", "b", "c"].map((id) => mayUseEnvironment(actor, id))).toEqual(
      refusals.map((code) => code === null),
    );
    expect(refusal(() => requireAllEnvironments(actor))).toBe("environment_out_of_scope");
  });

  test("in no environment: refused before anything is read", () => {
    expect(refusal(() => acting(person(both), "admin"))).toBe("role_too_low");
  });

  test("who is a viewer everywhere and administers one environment does not change users", () => {
    const roles = [...everywhere("viewer"), { environmentId: "b", role: "admin" as const }];
    const actor = acting(person(roles), "admin");
    expect(environmentsOf(actor)).toEqual(["b"]);
    expect(refusal(() => requireAllEnvironments(actor))).toBe("role_too_low");
    expect(environmentsOf(acting(person(roles), "viewer"))).toBeNull();
  });

  test("who has no role finds every list empty", () => {
    const actor = acting(person([]), "viewer");
    expect(environmentsOf(actor)).toEqual([]);
    expect(refusal(() => acting(person([]), "operator"))).toBe("role_too_low");
  });
});

test("one role is told where one is asked for", () => {
  expect(toldRole(both)).toBe("operator");
  expect(toldRole([...everywhere("viewer"), operatorOfB])).toBe("viewer");
  expect(toldRole([])).toBe("viewer");
});
