import { Problem } from "../problem.ts";
import type { Secrets } from "../secrets.ts";
import type { Registry } from "./connections.ts";
import { type Outcome, success } from "./outcome.ts";

/** How a cursor is handed out, so that only one that was handed out for that registry is read. */
export interface Cursors {
  write(next: string): string;
  /** @throws {Problem} 400 for a cursor that is none of ours */
  read(cursor: string): string;
}

/**
 * A cursor holds the path that is asked next, with the registry's stored credentials: only the
 * registry itself may choose that one.
 */
export function cursorsOf(secrets: Secrets, registryId: string): Cursors {
  return {
    write: (next) =>
      secrets.encrypt(JSON.stringify({ cursor: registryId, next })).toString("base64url"),
    read(cursor) {
      try {
        const text = secrets.decrypt(Buffer.from(cursor, "base64url"));
        const read = JSON.parse(text) as { cursor?: unknown; next?: unknown };
        if (read.cursor === registryId && typeof read.next === "string") return read.next;
      } catch {
        // Answered below, like any other text that is no cursor.
      }
      throw new Problem(
        "invalid",
        "bad_cursor",
        "This cursor is not one that was handed out here; start without one.",
      );
    },
  };
}

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
  cursors: Cursors,
): Promise<Outcome<{ repositories: Repository[]; nextCursor: string | null }>> {
  const { endpoint } = registry.client;
  const below = [endpoint.pathPrefix, prefix ?? ""]
    .map((part) => part.replace(/^\/+/, "").replace(/(?<!\/)\/+$/, ""))
    .filter((part) => part !== "");
  const repositories: Repository[] = [];
  let next = cursor === null ? null : cursors.read(cursor);
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
    nextCursor: next === null ? null : cursors.write(next),
  });
}
