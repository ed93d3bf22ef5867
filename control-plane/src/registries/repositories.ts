import { Problem } from "../problem.ts";
import type { RegistryClient } from "./client.ts";
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
  client: RegistryClient,
  prefix: string | null,
  cursor: string | null,
): Promise<Outcome<{ repositories: Repository[]; nextCursor: string | null }>> {
  const below = [client.endpoint.pathPrefix, prefix ?? ""]
    .map((part) => part.replace(/^\/+|\/+$/g, ""))
    .filter((part) => part !== "");
  const repositories: Repository[] = [];
  let next = cursor === null ? null : readCursor(cursor);
  for (let page = 0; page < mostPages && repositories.length < wanted; page++) {
    const read = await client.listRepositories(next, wanted);
    if (!read.ok) return read;
    for (const name of read.value.items) {
      if (!below.every((part) => name === part || name.startsWith(`${part}/`))) continue;
      repositories.push({ name, imageName: `${client.endpoint.domain}/${name}` });
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
  const next = Buffer.from(cursor, "base64url").toString("utf8");
  if (next.startsWith("/v2/_catalog?")) return next;
  throw new Problem(
    "invalid",
    "bad_cursor",
    "This cursor is not one that was handed out; start without one.",
  );
}
