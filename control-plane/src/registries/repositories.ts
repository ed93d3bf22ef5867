import { Problem } from "../problem.ts";
import type { Registry } from "./connections.ts";
import { type Outcome, success } from "./outcome.ts";

/** A repository of a registry, and what an image of it is called. */
export interface Repository {
  name: string;
  imageName: string;
}

const wanted = 100;
/** A prefix that few repositories have must not make one request read a whole registry. */
const mostPages = 20;

/**
 * A page of a registry's repositories, only those below the connection's prefix.
 *
 * @param cursor of the page before; null: from the beginning
 * @throws {Problem} 400 for a cursor that is none of ours
 */
export async function listRepositories(
  registry: Registry,
  prefix: string | null,
  cursor: string | null,
): Promise<Outcome<{ repositories: Repository[]; nextCursor: string | null }>> {
  const { endpoint } = registry.client;
  const below = [endpoint.pathPrefix, prefix ?? ""]
    .map((part) => part.replace(/^\/+|\/+$/g, ""))
    .filter((part) => part !== "");
  const repositories: Repository[] = [];
  let next = cursor === null ? null : readCursor(cursor);
  for (let page = 0; page < mostPages && repositories.length < wanted; page++) {
    const read = await registry.repositories(next);
    if (!read.ok) return read;
    for (const name of read.value.items) {
      if (!below.every((part) => name === part || name.startsWith(`${part}/`))) continue;
      repositories.push({ name, imageName: `${endpoint.domain}/${name}` });
    }
    next = read.value.next;
    if (next === null) break;
  }
  return success({
    repositories,
    nextCursor: next === null ? null : Buffer.from(next).toString("base64url"),
  });
}

function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  if (/^[\x20-\x7e]{1,4000}$/.test(text)) return text;
  throw new Problem(
    "invalid",
    "bad_cursor",
    "This cursor is not one that was handed out; start without one.",
  );
}
