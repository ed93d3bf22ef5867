import { hash, verify } from "@node-rs/argon2";
import pLimit from "p-limit";

// A hash takes 19 MiB and some 40 ms of a core: not more than two at once.
const turn = pLimit(2);

export function hashPassword(password: string): Promise<string> {
  return turn(() => hash(password));
}

/** @param stored null for an unknown user, which takes as long as a wrong password */
export function passwordMatches(stored: string | null, password: string): Promise<boolean> {
  return turn(async () => {
    if (stored !== null) return verify(stored, password);
    await hash(password);
    return false;
  });
}
