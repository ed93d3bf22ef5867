import { type EnvironmentRole, type Role, roleIn, roles } from "./actor.ts";

/** What a group of the identity provider gives: a role in the environment of that name; null: in all. */
export interface GroupRole {
  group: string;
  role: Role;
  environment: string | null;
}

/**
 * `ops=admin,dev=operator@staging`: entries separated by commas, each a group, a role and, after an `@`,
 * the name of an environment. A group's name may contain `=`, and none of them a comma.
 * @returns undefined for a text that is not that
 */
export function parseGroupRoles(text: string): GroupRole[] | undefined {
  const entries = text.split(",").map((entry) => {
    const equals = Math.max(0, entry.lastIndexOf("="));
    const group = entry.slice(0, equals).trim();
    const [role = "", ...rest] = entry.slice(equals + 1).split("@");
    const environment = rest.length === 0 ? null : rest.join("@").trim();
    const known = environment === "" ? undefined : roles.find((each) => each === role.trim());
    // Two entries that something else than a comma separates would be one with an odd group.
    const several = /=\s*(viewer|operator|admin)\b/.test(group);
    return known && group !== "" && !several ? { group, role: known, environment } : null;
  });
  const good = entries.flatMap((entry) => entry ?? []);
  return good.length === entries.length ? good : undefined;
}

/** The names of environments that are given roles in and do not exist. */
export function unknownEnvironments(
  given: readonly GroupRole[],
  environments: readonly { name: string }[],
): string[] {
  const names = new Set(environments.map(({ name }) => name.toLowerCase()));
  const named = given.flatMap(({ environment }) => environment ?? []);
  return [...new Set(named)].filter((name) => !names.has(name.toLowerCase()));
}

/** The roles of who is in these groups: none where no group is known, or its environment does not exist. */
export function rolesOfGroups(
  given: readonly GroupRole[],
  groups: readonly string[],
  environments: readonly { id: string; name: string }[],
): EnvironmentRole[] {
  const found = given.flatMap(({ group, role, environment }): EnvironmentRole[] => {
    if (!groups.includes(group)) return [];
    if (environment === null) return [{ environmentId: null, role }];
    const wanted = environment.toLowerCase();
    const known = environments.find(({ name }) => name.toLowerCase() === wanted);
    return known ? [{ environmentId: known.id, role }] : [];
  });
  const places = [...new Set(found.map(({ environmentId }) => environmentId))];
  return places.flatMap((environmentId) => {
    const role = roleIn(
      found.filter((each) => each.environmentId === environmentId),
      environmentId,
    );
    return role === null ? [] : [{ environmentId, role }];
  });
}
