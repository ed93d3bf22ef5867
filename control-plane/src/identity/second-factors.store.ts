import type { Sql } from "../database/connection.ts";

export interface SecondFactorRow {
  /** encrypted */
  secret: Buffer;
  /** null: no code of it was confirmed, so that it does not count yet */
  confirmedAt: Date | null;
  lastStep: number;
  recoveryCodesLeft: number;
}

export async function findSecondFactor(sql: Sql, userId: string): Promise<SecondFactorRow | null> {
  const [row] = await sql<SecondFactorRow[]>`
    select secret, confirmed_at, last_step,
      (select count(*) from recovery_codes where recovery_codes.user_id = second_factors.user_id)
        as recovery_codes_left
    from second_factors where user_id = ${userId}`;
  return row ?? null;
}

/** Begins to set one up, in the place of one that was not confirmed. @returns false if one counts already */
export async function beginSecondFactor(
  sql: Sql,
  userId: string,
  secret: Buffer,
): Promise<boolean> {
  const { count } = await sql`
    insert into second_factors (user_id, secret) values (${userId}, ${secret})
    on conflict (user_id) do update set secret = excluded.secret, created_at = now()
      where second_factors.confirmed_at is null`;
  return count > 0;
}

/** From now on it counts. @returns false if it does so already, or was replaced meanwhile */
export async function confirmSecondFactor(
  sql: Sql,
  userId: string,
  { secret, step, codeHashes }: { secret: Buffer; step: number; codeHashes: Buffer[] },
): Promise<boolean> {
  const { count } = await sql`
    update second_factors set confirmed_at = now(), last_step = ${step}
    where user_id = ${userId} and confirmed_at is null and secret = ${secret}`;
  if (count === 0) return false;
  for (const hash of codeHashes) {
    await sql`insert into recovery_codes (user_id, code_hash) values (${userId}, ${hash})`;
  }
  return true;
}

/** Takes the code of that step. @returns false if it or a later one was taken before */
export async function takeStep(sql: Sql, userId: string, step: number): Promise<boolean> {
  const { count } = await sql`
    update second_factors set last_step = ${step}
    where user_id = ${userId} and last_step < ${step}`;
  return count > 0;
}

/** Takes a recovery code. @returns false if the user has none with this hash */
export async function takeRecoveryCode(sql: Sql, userId: string, hash: Buffer): Promise<boolean> {
  const { count } = await sql`
    delete from recovery_codes where user_id = ${userId} and code_hash = ${hash}`;
  return count > 0;
}

/** @returns false if there was none that counts */
export async function deleteSecondFactor(sql: Sql, userId: string): Promise<boolean> {
  const rows = await sql<{ confirmed: boolean }[]>`
    delete from second_factors where user_id = ${userId}
    returning confirmed_at is not null as confirmed`;
  return rows[0]?.confirmed ?? false;
}
