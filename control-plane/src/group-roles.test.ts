import { expect, test } from "vitest";
import { parseGroupRoles, rolesOfGroups, unknownEnvironments } from "./group-roles.ts";

const environments = [
  { id: "1", name: "production" },
  { id: "2", name: "Staging" },
];

test("entries name a group, a role and an environment", () => {
  expect(parseGroupRoles("ops=admin, dev = operator@staging,cn=qa=viewer @ two words")).toEqual([
    { group: "ops", role: "admin", environment: null },
    { group: "dev", role: "operator", environment: "staging" },
    { group: "cn=qa", role: "viewer", environment: "two words" },
  ]);
});

test.each([
  "",
  "ops",
  "ops=root",
  "=admin",
  "ops=admin,",
  "ops=admin@",
  "ops=@a",
  "a=admin b=admin",
])("%j is none", (text) => {
  expect(parseGroupRoles(text)).toBeUndefined();
});

test("groups give the highest of their roles in each environment, and nothing where there is none", () => {
  const given = parseGroupRoles(
    "ops=admin,dev=operator@staging,dev=viewer@production,qa=viewer@staging,qa=admin@gone",
  );
  const roles = (...groups: string[]) => rolesOfGroups(given ?? [], groups, environments);
  expect(roles("qa", "dev")).toEqual([
    { environmentId: "2", role: "operator" },
    { environmentId: "1", role: "viewer" },
  ]);
  expect(roles("ops")).toEqual([{ environmentId: null, role: "admin" }]);
  expect(roles("qa")).toEqual([{ environmentId: "2", role: "viewer" }]);
  expect(roles("OPS", "other")).toEqual([]);
  expect(unknownEnvironments(given ?? [], environments)).toEqual(["gone"]);
});
