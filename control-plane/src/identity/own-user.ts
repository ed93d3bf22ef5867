import type { Actor } from "../actor.ts";
import { notFound } from "../problem.ts";

/** The user whose session asks. */
export function ownId(actor: Actor): string {
  if (actor.id === null) throw notFound("user");
  return actor.id;
}

export const own = (actor: Actor) => ({ id: ownId(actor), email: actor.name });
