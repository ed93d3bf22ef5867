import { z } from "@hono/zod-openapi";
import { type Actor, hasRole } from "../actor.ts";
import { nameField } from "../http/routes.ts";
import { Problem } from "../problem.ts";
import type { Secrets } from "../secrets.ts";
import { parseRegistryUrl } from "./endpoint.ts";
import { passwordRules } from "./pull-credentials.ts";
import type { RegistryFields, RegistryRow } from "./registries.store.ts";
import { mistakenAddress } from "./registry-address.ts";
import { type RegistryType, registryTypes } from "./registry-type.ts";

const text = (max: number) => z.string().trim().max(max);
const secret = z.string().min(1).max(16_384);

const shape = {
  name: nameField(),
  type: z.enum(registryTypes),
  registryUrl: z
    .string()
    .describe("https://registry.example.com, or localhost:5000; plain HTTP where it says http://"),
  repositoryPrefix: text(255).nullable().describe("Only repositories below it are listed"),
  username: text(255).nullable(),
  token: secret.nullable().describe("Written, never read; null removes it"),
  password: secret.nullable().describe("Written, never read; null removes it"),
  passwordToAgents: z
    .enum(passwordRules)
    .describe(
      "Which servers get user name and password to pull with. Where the registry has a token service they get a token of the one repository instead. `without_tokens`: all, if the registry has no token service; `always`: also those that cannot use a token, or whose pull takes longer than tokens last; `never`: none",
    ),
  isDefault: z.boolean(),
  refreshIntervalMinutes: z.number().int().min(5).max(1440),
  autoLinkPattern: text(1024)
    .nullable()
    .describe(
      "Images found on servers are linked to this registry when their name matches: comma-separated, `*` stands for anything",
    ),
};

/** What is not there, for a client that has null for it, is the default. */
function orDefault<T extends z.ZodType, D>(schema: T, value: D) {
  return schema.nullish().transform((sent) => sent ?? value);
}

const newSecret = z
  .string()
  .max(16_384)
  .nullish()
  .transform((sent) => sent || null)
  .describe("Written, never read");

export const newRegistry = z.strictObject({
  ...shape,
  type: orDefault(shape.type, "generic" as const),
  repositoryPrefix: orDefault(shape.repositoryPrefix, null),
  username: orDefault(shape.username, null),
  token: newSecret,
  password: newSecret,
  passwordToAgents: orDefault(shape.passwordToAgents, "without_tokens" as const),
  isDefault: orDefault(shape.isDefault, false),
  refreshIntervalMinutes: orDefault(shape.refreshIntervalMinutes, 30),
  autoLinkPattern: orDefault(shape.autoLinkPattern, null),
});

export const changedRegistry = z.strictObject(shape).partial();

export type RegistryChange = z.infer<typeof changedRegistry>;

/**
 * Input as it is stored: secrets encrypted, empty texts as none.
 * @throws {Problem} 400 for a URL that is none
 */
export function storedFields(input: z.infer<typeof newRegistry>, secrets: Secrets): RegistryFields;
export function storedFields(input: RegistryChange, secrets: Secrets): Partial<RegistryFields>;
export function storedFields(input: RegistryChange, secrets: Secrets): Partial<RegistryFields> {
  const { token, password, ...rest } = input;
  if (rest.registryUrl !== undefined) {
    const parsed = parseRegistryUrl(rest.registryUrl);
    if (!parsed.ok) {
      throw new Problem("invalid", "validation_failed", parsed.message, {
        details: [{ path: "registryUrl", message: parsed.message }],
      });
    }
    rest.registryUrl = rest.registryUrl.trim();
  }
  for (const field of ["repositoryPrefix", "username", "autoLinkPattern"] as const) {
    if (rest[field] === "") rest[field] = null;
  }
  const sealed = (value: string | null) => (value === null ? null : secrets.encrypt(value));
  return {
    ...rest,
    ...(token === undefined ? {} : { token: sealed(token) }),
    ...(password === undefined ? {} : { password: sealed(password) }),
  };
}

/**
 * A vendor's console and API are not its registry.
 * @throws {Problem} 400 with what to write instead
 */
export function checkAddress(type: RegistryType, registryUrl: string): void {
  const parsed = parseRegistryUrl(registryUrl);
  const message = parsed.ok ? mistakenAddress(type, parsed.endpoint) : null;
  if (message === null) return;
  throw new Problem("invalid", "validation_failed", message, {
    details: [{ path: "registryUrl", message }],
  });
}

/**
 * Stored secrets must not follow a connection to another host: the user who moves it enters them again.
 * @throws {Problem} 400 when the host changes and a stored secret would go along
 */
export function checkMove(before: RegistryRow, change: RegistryChange): void {
  if (change.registryUrl === undefined) return;
  const from = parseRegistryUrl(before.registryUrl);
  const to = parseRegistryUrl(change.registryUrl);
  if (from.ok && to.ok && from.endpoint.origin === to.endpoint.origin) return;
  const left = (["token", "password"] as const).filter(
    (field) => before[field] !== null && change[field] === undefined,
  );
  if (left.length === 0) return;
  throw new Problem(
    "invalid",
    "credentials_needed",
    `This connection would move to another host: send its ${left.join(" and ")} along, or null to remove ${left.length === 1 ? "it" : "them"}.`,
  );
}

/**
 * A person who may use a stored password need not know it, but could read it on a server. So to give it
 * to more servers takes the password itself, or an administrator.
 * @throws {Problem} 400 where neither is there
 */
export function checkGiving(
  actor: Pick<Actor, "roles">,
  before: RegistryRow,
  change: RegistryChange,
): void {
  const { passwordToAgents: wanted = before.passwordToAgents } = change;
  const widens = passwordRules.indexOf(wanted) > passwordRules.indexOf(before.passwordToAgents);
  const left = (["token", "password"] as const).filter(
    (field) => before[field] !== null && change[field] === undefined,
  );
  if (!widens || left.length === 0 || hasRole(actor, "admin", before.environmentId)) return;
  throw new Problem(
    "invalid",
    "credentials_needed",
    `Servers would get this connection's ${left.join(" and ")}: send ${left.length === 1 ? "it" : "them"} along, or ask an administrator to do this.`,
  );
}

/** Whether what is known of the registry's token service is of another account or another place. */
export function forgetsTokenRealm(before: RegistryRow, change: RegistryChange): boolean {
  const { token, password } = change;
  const changed = (["registryUrl", "type", "username"] as const).some(
    (field) => change[field] !== undefined && change[field] !== before[field],
  );
  // Forms send null for the one of both that is not used.
  return changed || (token ?? password ?? null) !== null;
}
