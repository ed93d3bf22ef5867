import type { DatabaseAddress } from "../database/connection.ts";

/**
 * A database's address as the job library's driver reads it. That driver takes `sslmode` more
 * strictly than ours unless it is told to do as PostgreSQL's own tools.
 */
export function connectionString(address: DatabaseAddress): string {
  if ("url" in address) {
    const url = new URL(address.url);
    if (url.searchParams.has("sslmode")) url.searchParams.set("uselibpqcompat", "true");
    return url.href;
  }
  const { user, socketDirectory, database } = address;
  return `postgres://${encodeURIComponent(user)}@${encodeURIComponent(socketDirectory)}/${encodeURIComponent(database)}`;
}
