import { isIP } from "node:net";
import { connectionError } from "../outgoing.ts";
import { type Allows, checkLiteral, guardedLookup } from "../reach.ts";

/** What became of one attempt. */
export interface Attempt {
  ok: boolean;
  /** of an HTTP answer */
  status: number | null;
  /** the first 1000 characters of the answer */
  body: string | null;
  /** a sentence; null: it was taken */
  error: string | null;
  durationMs: number;
}

export type Outcome = Omit<Attempt, "durationMs">;

/** Of what a target answers. */
export const keptCharacters = 1000;

/** Where a host is, if it may be asked: for what speaks to it by another library than HTTP does. */
export async function addressOf(
  host: string,
  allows: Allows,
): Promise<string | { problem: string }> {
  try {
    checkLiteral(new URL(`tcp://${host.includes(":") ? `[${host}]` : host}`), allows);
    if (isIP(host) !== 0) return host;
    return await new Promise((resolve, reject) => {
      guardedLookup(allows)(host, { all: false }, (error, address) => {
        if (error === null) resolve(address as string);
        else reject(error);
      });
    });
  } catch (error) {
    return { problem: connectionError(error, 0) };
  }
}
