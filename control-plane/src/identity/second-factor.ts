import type { Sql } from "../database/connection.ts";
import { type Secrets, tokenHash } from "../secrets.ts";
import { matchingStep, readCode } from "./one-time-codes.ts";
import { findSecondFactor, takeRecoveryCode, takeStep } from "./second-factors.store.ts";

export interface CodeCheck {
  secrets: Secrets;
  /** epoch milliseconds */
  now: number;
}

/** `none`: the user has set none up, and needs no code. */
export type Taken = "none" | "missing" | "wrong" | "totp" | "recovery_code";

/** Takes a user's code, which then cannot be used again, also not at the same moment. */
export async function takeSecondFactor(
  sql: Sql,
  { secrets, now }: CodeCheck,
  userId: string,
  typed: string | undefined,
): Promise<Taken> {
  const factor = await findSecondFactor(sql, userId);
  if (!factor?.confirmedAt) return "none";
  if (typed === undefined || typed.trim() === "") return "missing";
  const read = readCode(typed);
  if (read === null) return "wrong";
  const { kind, code } = read;
  if (kind === "recovery_code") {
    return (await takeRecoveryCode(sql, userId, recoveryCodeHash(code))) ? kind : "wrong";
  }
  const secret = secrets.decrypt(factor.secret);
  const step = matchingStep(secret, code, { now, lastStep: factor.lastStep });
  return step !== null && (await takeStep(sql, userId, step)) ? kind : "wrong";
}

/** What is stored of a recovery code. It has 80 bits of its own, so one round of SHA-256 is enough. */
export function recoveryCodeHash(code: string): Buffer {
  return tokenHash(code.replaceAll("-", ""));
}
