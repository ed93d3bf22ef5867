import { Problem } from "./problem.ts";

export const roles = ["viewer", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

/** Who does something: a person, a program with a token, a webhook, or the product itself. */
export interface Actor {
  type: "user" | "token" | "webhook" | "system";
  /** the user's id, also for a token; null for webhooks and the system */
  id: string | null;
  /** what history and audit show: an e-mail address, or what else acts */
  name: string;
  role: Role;
  /** environments that a token is limited to; null: all */
  environmentIds: string[] | null;
  /** the session or API token that was shown; none for webhooks and the system */
  credentialId?: string;
  /** where the request comes from; none for the system */
  address?: string;
}

export const system: Actor = {
  type: "system",
  id: null,
  name: "system",
  role: "admin",
  environmentIds: null,
};

/** The same actor, asking from that address. */
export function from<A extends Actor>(actor: A, address: string | undefined): A {
  return address === undefined ? actor : { ...actor, address };
}

export function hasRole(actor: Pick<Actor, "role">, role: Role): boolean {
  return roles.indexOf(actor.role) >= roles.indexOf(role);
}

/** @throws {Problem} 403 when the role is too low */
export function requireRole(actor: Actor, role: Role): void {
  if (hasRole(actor, role)) return;
  throw new Problem(
    "forbidden",
    "role_too_low",
    `This needs the role ${role}; yours is ${actor.role}. Ask an administrator.`,
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

export function mayUseEnvironment(actor: Actor, environmentId: string): boolean {
  return actor.environmentIds === null || actor.environmentIds.includes(environmentId);
}

/**
 * For what belongs to no environment: a caller who could change users would get out of a token's limits.
 * @throws {Problem} 403 when the actor's token is limited to some environments
 */
export function requireAllEnvironments(actor: Actor): void {
  if (actor.environmentIds === null) return;
  throw new Problem(
    "forbidden",
    "environment_out_of_scope",
    "This API token is limited to some environments, and this concerns all of them.",
  );
}

/** @throws {Problem} 403 when the actor's token is limited to other environments */
export function requireEnvironment(actor: Actor, environmentId: string): void {
  if (mayUseEnvironment(actor, environmentId)) return;
  throw new Problem(
    "forbidden",
    "environment_out_of_scope",
    "This API token is limited to other environments.",
  );
}
