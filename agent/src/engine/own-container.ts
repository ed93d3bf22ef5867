import type { IsSelf } from "./replacement-plan.ts";
import { readSurroundings, selfMatcher } from "./self.ts";

let own: Promise<IsSelf> | null = null;

/** Tells which container the agent runs in; looked up once, as it cannot change. */
export function ownContainer(): Promise<IsSelf> {
  own ??= readSurroundings().then(selfMatcher);
  return own;
}
