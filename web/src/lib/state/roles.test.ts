import { expect, test } from "vitest";
import { type EnvironmentRole, hasRole, hasRoleSomewhere, roleIn, roleTexts } from "./roles.ts";

const here: EnvironmentRole = { environmentId: "1", role: "operator" };
const everywhere: EnvironmentRole = { environmentId: null, role: "viewer" };

test("the higher of the role in all environments and the one in this one counts", () => {
  expect(["1", "2", null].map((id) => roleIn([everywhere, here], id))).toEqual([
    "operator",
    "viewer",
    "viewer",
  ]);
  expect(["1", "2", null].map((id) => roleIn([here], id))).toEqual(["operator", null, null]);
  expect(hasRole([here], "operator", "1")).toBe(true);
  expect(hasRole([here], "viewer", "2")).toBe(false);
  expect(hasRoleSomewhere([here], "operator")).toBe(true);
  expect(hasRoleSomewhere([here, everywhere], "admin")).toBe(false);
});

test("roles are told with the names of their environments", () => {
  const environments = [{ id: "1", name: "staging" }];
  const other: EnvironmentRole = { environmentId: "9", role: "admin" };
  expect(roleTexts([everywhere, here, other], environments)).toEqual([
    { role: "viewer", where: null },
    { role: "operator", where: "staging" },
    { role: "admin", where: "another environment" },
  ]);
});
