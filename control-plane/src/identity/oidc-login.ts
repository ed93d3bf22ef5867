import type { Actor } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import { listEnvironments } from "../environments/environments.store.ts";
import { type GroupRole, rolesOfGroups } from "../group-roles.ts";
import { Problem } from "../problem.ts";
import { audit } from "./audit.store.ts";
import { endGroupRoles } from "./end-group-roles.ts";
import { findUserOf, hasGroupRoles, linkIdentity, noteGroupRoles } from "./identities.store.ts";
import { isAdministrator, keepAnAdministrator } from "./last-administrator.ts";
import type { ProviderUser } from "./oidc-provider.ts";
import { type LoginBy, openLogin } from "./open-login.ts";
import {
  findPasswordHash,
  findUser,
  insertUser,
  lockRoles,
  setRoles,
  type UserRow,
} from "./users.store.ts";

/** What the provider says of groups counts when a user logs in, so that such a session is short. */
export const oidcSessionHours = 24;

/** Why a user of the provider is not let in; the login page has a sentence for each. */
export type OidcRefusal =
  | "no_group"
  | "no_email"
  | "email_not_verified"
  | "email_taken"
  | "last_administrator";

/**
 * Logs a user of the provider in, in one transaction. The provider's subject says who it is, never an
 * e-mail address: another person may get one that was given up. Groups decide the roles each time.
 * @returns why not, and the user where it is known; what is to be stored then is stored all the same
 */
export async function logInByProvider(
  sql: Sql,
  who: ProviderUser,
  given: readonly GroupRole[],
  by: LoginBy,
): Promise<{ cookie: string } | { refused: OidcRefusal; user: UserRow | null }> {
  await lockRoles(sql);
  const { environments } = await listEnvironments(sql, null, { limit: 100_000, offset: 0 });
  const roles = rolesOfGroups(given, who.groups, environments);
  const knownId = await findUserOf(sql, who);
  const known = knownId === null ? null : await findUser(sql, knownId);
  const refused = (why: OidcRefusal) => ({ refused: why, user: known });
  if (roles.length === 0) {
    // What groups have given they take away, also from API tokens. Who has a password may have roles of here.
    if (known !== null && (!known.hasPassword || (await hasGroupRoles(sql, known.id)))) {
      await endGroupRoles(sql, known, { actor: provider(who.issuer), reason: byGroups });
    }
    return refused("no_group");
  }
  if (known !== null) {
    if (isAdministrator(known) && !isAdministrator({ roles })) {
      try {
        await keepAnAdministrator(sql, known);
      } catch (error) {
        if (error instanceof Problem) return refused("last_administrator");
        throw error;
      }
    }
    await changeRoles(sql, who, known, roles);
  } else {
    if (who.email === null) return refused("no_email");
    if (who.emailVerified === false) return refused("email_not_verified");
    if (await findPasswordHash(sql, { email: who.email })) return refused("email_taken");
  }
  const user = known ?? (await createUser(sql, who, roles));
  await noteGroupRoles(sql, user.id);
  const details = { method: "oidc", issuer: who.issuer, roles };
  return openLogin(sql, { ...user, roles }, by, details, oidcSessionHours);
}

type Roles = ReturnType<typeof rolesOfGroups>;

async function createUser(sql: Sql, who: ProviderUser, roles: Roles): Promise<UserRow> {
  const { email, name, issuer, subject } = who;
  if (email === null) throw new Error("a user needs an e-mail address");
  const user = await insertUser(sql, { email, name, roles, passwordHash: null });
  await linkIdentity(sql, user.id, { issuer, subject });
  await audit(sql, provider(issuer), {
    ...about(user),
    action: "create_user",
    details: { issuer, subject, roles },
  });
  return user;
}

async function changeRoles(
  sql: Sql,
  who: ProviderUser,
  user: UserRow,
  roles: Roles,
): Promise<void> {
  if (!(await setRoles(sql, user.id, roles))) return;
  await audit(sql, provider(who.issuer), {
    ...about(user),
    action: "update_user",
    details: { roles, reason: byGroups },
  });
}

const byGroups = "groups of the identity provider";

const provider = (issuer: string): Actor => ({
  type: "system",
  id: null,
  name: new URL(issuer).host,
  roles: [],
});

const about = (user: UserRow) => ({
  resourceType: "user",
  resourceId: user.id,
  resourceName: user.email,
});
