import type { SigningKey, TrustedIdentity } from "@bridgeport/proto/signatures";
import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";

export const signatureModes = ["none", "warn", "require"] as const;
export type SignatureMode = (typeof signatureModes)[number];

/** What has to be signed, and by whom. */
export interface SignatureRule {
  mode: SignatureMode;
  keys: SigningKey[];
  identities: TrustedIdentity[];
}

/** What a rule is said of. */
export type RuleScope = "image" | "registry" | "environment";

export interface EffectiveRule extends SignatureRule {
  /** where it is said */
  from: RuleScope;
}

/** The column that names what a rule is said of. */
function column(sql: Sql, scope: RuleScope) {
  if (scope === "image") return sql`container_image_id`;
  return scope === "registry" ? sql`registry_id` : sql`environment_id`;
}

export async function findRule(
  sql: Sql,
  scope: RuleScope,
  id: string,
): Promise<SignatureRule | null> {
  const [rule] = await sql<SignatureRule[]>`
    select mode, keys, identities from signature_rules where ${column(sql, scope)} = ${id}`;
  return rule ?? null;
}

/** The rule that counts for an image: its own, else its registry's, else its environment's. */
export async function ruleOfImage(sql: Sql, imageId: string): Promise<EffectiveRule | null> {
  const [rule] = await sql<EffectiveRule[]>`
    select rule.mode, rule.keys, rule.identities,
      case when rule.container_image_id is not null then 'image'
        when rule.registry_id is not null then 'registry' else 'environment' end as "from"
    from container_images as image
    join signature_rules as rule on rule.container_image_id = image.id
      or rule.registry_id = image.registry_id or rule.environment_id = image.environment_id
    where image.id = ${imageId}
    order by rule.container_image_id is null, rule.registry_id is null
    limit 1`;
  return rule ?? null;
}

export async function setRule(
  sql: Sql,
  scope: RuleScope,
  id: string,
  { mode, keys, identities }: SignatureRule,
): Promise<void> {
  await sql`
    insert into signature_rules (id, ${column(sql, scope)}, mode, keys, identities)
    values (${newId()}, ${id}, ${mode}, ${json(sql, keys)}, ${json(sql, identities)})
    on conflict (${column(sql, scope)}) do update
    set mode = excluded.mode, keys = excluded.keys, identities = excluded.identities,
      updated_at = now()`;
}

export async function removeRule(sql: Sql, scope: RuleScope, id: string): Promise<void> {
  await sql`delete from signature_rules where ${column(sql, scope)} = ${id}`;
}
