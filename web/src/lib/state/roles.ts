import type { Role, User } from "../api/model.ts";

export const roles: readonly Role[] = ["viewer", "operator", "admin"];

/** A role in one environment; null: in all of them, and for what belongs to none. */
export type EnvironmentRole = User["roles"][number];

const rank = (role: Role | null) => (role === null ? -1 : roles.indexOf(role));

/** The server's rule: the higher of the role in all environments and the one in this one; null: none. */
export function roleIn(of: readonly EnvironmentRole[], environmentId: string | null): Role | null {
  return of
    .filter((each) => each.environmentId === null || each.environmentId === environmentId)
    .reduce<Role | null>((most, { role }) => (rank(most) >= rank(role) ? most : role), null);
}

export function hasRole(
  of: readonly EnvironmentRole[],
  role: Role,
  environmentId: string | null,
): boolean {
  return rank(roleIn(of, environmentId)) >= rank(role);
}

/** Whether there is any environment in which the role is enough. */
export function hasRoleSomewhere(of: readonly EnvironmentRole[], role: Role): boolean {
  return of.some((each) => rank(each.role) >= rank(role));
}

/** Such as `viewer in staging`, and only `admin` for all environments. */
export function roleTexts(
  of: readonly EnvironmentRole[],
  environments: readonly { id: string; name: string }[],
): { role: Role; where: string | null }[] {
  const name = (id: string) => environments.find((each) => each.id === id)?.name;
  return of.map(({ environmentId, role }) => ({
    role,
    where: environmentId === null ? null : (name(environmentId) ?? "another environment"),
  }));
}
