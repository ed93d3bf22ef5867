import { Problem } from "./problem.ts";

export const roles = ["viewer", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

/** A role in one environment; null: in every environment, and for what belongs to none of them. */
export interface EnvironmentRole {
  environmentId: string | null;
  role: Role;
}

/** Who does something: a person, a program with a token, a webhook, or the product itself. */
export interface Actor {
  type: "user" | "token" | "webhook" | "system";
  /** the user's id, also for a token; null for webhooks and the system */
  id: string | null;
  /** what history and audit show: an e-mail address, or what else acts */
  name: string;
  /** those of a token are already limited to what the token may do */
  roles: readonly EnvironmentRole[];
  /**
   * The role that is needed for what the actor does now; a route sets it, so that every check of an
   * environment and every list below it counts only where the actor has that role. Default: viewer.
   */
  needs?: Role;
  /** the session or API token that was shown; none for webhooks and the system */
  credentialId?: string;
  /** where the request comes from; none for the system */
  address?: string;
}

/** One role in every environment. */
export function everywhere(role: Role): EnvironmentRole[] {
  return [{ environmentId: null, role }];
}

export const system: Actor = {
  type: "system",
  id: null,
  name: "system",
  roles: everywhere("admin"),
};

/** The same actor, asking from that address. */
export function from<A extends Actor>(actor: A, address: string | undefined): A {
  return address === undefined ? actor : { ...actor, address };
}

const rank = (role: Role | null) => (role === null ? -1 : roles.indexOf(role));
const higher = (a: Role | null, b: Role) => (rank(a) >= rank(b) ? a : b);
const lower = (a: Role, b: Role) => (rank(a) <= rank(b) ? a : b);

/**
 * The one rule of who may do what where: the higher of the role in all environments and the one in
 * this environment; null: none.
 * @param environmentId null: for what belongs to no environment, or concerns all of them
 */
export function roleIn(of: readonly EnvironmentRole[], environmentId: string | null): Role | null {
  return highest(
    of.filter((each) => each.environmentId === null || each.environmentId === environmentId),
  );
}

function highest(of: readonly EnvironmentRole[]): Role | null {
  return of.reduce<Role | null>((most, { role }) => higher(most, role), null);
}

/** The role to tell as the one of a user: the one in all environments, else the highest one. */
export function toldRole(of: readonly EnvironmentRole[]): Role {
  return roleIn(of, null) ?? highest(of) ?? "viewer";
}

/** The roles of a token: in each environment the lower of the token's and its owner's. */
export function tokenRoles(
  owner: readonly EnvironmentRole[],
  token: { role: Role; environmentIds: readonly string[] | null },
): EnvironmentRole[] {
  const limited =
    token.environmentIds?.map((environmentId) => ({
      environmentId,
      role: roleIn(owner, environmentId),
    })) ?? owner;
  return limited.flatMap(({ environmentId, role }) =>
    role === null ? [] : [{ environmentId, role: lower(role, token.role) }],
  );
}

/** @param environmentId null: for what belongs to no environment, or concerns all of them */
export function hasRole(
  actor: Pick<Actor, "roles">,
  role: Role,
  environmentId: string | null,
): boolean {
  return rank(roleIn(actor.roles, environmentId)) >= rank(role);
}

/** @throws {Problem} 403 when the role in that environment is too low, or there is none */
export function requireRole(actor: Actor, role: Role, environmentId: string | null): void {
  if (hasRole(actor, role, environmentId)) return;
  const own = roleIn(actor.roles, environmentId);
  if (own !== null) {
    const where = environmentId === null ? "in all environments" : "in this environment";
    const more = actor.roles.some((each) => each.environmentId !== null) ? ` ${where}` : "";
    throw roleTooLow(role, own, more);
  }
  const reason =
    actor.type === "token"
      ? environmentId === null
        ? "This API token is limited to some environments, and this concerns all of them."
        : "This API token is limited to other environments."
      : environmentId === null
        ? "This concerns all environments, and you have a role in some of them only. Ask an administrator."
        : "You have no role in this environment. Ask an administrator.";
  throw new Problem("forbidden", "environment_out_of_scope", reason);
}

/**
 * The actor as it does something that needs this role.
 * @throws {Problem} 403 when the actor has it in no environment at all
 */
export function acting(actor: Actor, role: Role): Actor {
  // Who has no role may still log out, and finds every list empty.
  const own = highest(actor.roles);
  if (role !== "viewer" && rank(own) < rank(role)) throw roleTooLow(role, own ?? "none", "");
  return { ...actor, needs: role };
}

function roleTooLow(role: Role, own: Role | "none", where: string): Problem {
  return new Problem(
    "forbidden",
    "role_too_low",
    `This needs the role ${role}${where}; yours is ${own}. Ask an administrator.`,
  );
}

/**
 * For what would outlive or widen an API token: users, passwords and other tokens.
 * @throws {Problem} 403 for an API token, whatever its role
 */
export function requireSession(actor: Actor): void {
  if (actor.type !== "token") return;
  throw new Problem(
    "forbidden",
    "session_needed",
    "An API token cannot do this: log in with an e-mail address and a password.",
  );
}

/** Whether the actor may do in this environment what it does now. */
export function mayUseEnvironment(actor: Actor, environmentId: string): boolean {
  return hasRole(actor, needed(actor), environmentId);
}

/** The environments in which the actor may do what it does now; null: all, also those to come. */
export function environmentsOf(actor: Actor): string[] | null {
  if (hasRole(actor, needed(actor), null)) return null;
  const ids = actor.roles.flatMap(({ environmentId }) => environmentId ?? []);
  return [...new Set(ids)].filter((id) => mayUseEnvironment(actor, id));
}

/**
 * For what belongs to no environment: a caller who could change users would get out of every limit.
 * @throws {Problem} 403 when the actor may do in some environments only what it does now
 */
export function requireAllEnvironments(actor: Actor): void {
  requireRole(actor, needed(actor), null);
}

/** @throws {Problem} 403 when the actor may not do in this environment what it does now */
export function requireEnvironment(actor: Actor, environmentId: string): void {
  requireRole(actor, needed(actor), environmentId);
}

const needed = (actor: Actor): Role => actor.needs ?? "viewer";
