import type { Sql } from "../database/connection.ts";

/**
 * For how long a word that a server is connected holds. Each replica repeats it for its own streams
 * every few seconds; the servers of one that died become offline when it has run out.
 */
export const leaseSeconds = 20;

/** Whether a row of `servers` is online: a replica has vouched for its stream lately. */
export const serverIsOnline = (sql: Sql) => sql`
  (servers.status = 'online'
    and servers.last_seen_at >= now() - make_interval(secs => ${leaseSeconds}))`;

/** The status of a row of `servers`: what it says is `online` until its lease has run out. */
export const serverStatus = (sql: Sql) => sql`
  case when servers.status = 'online' and not ${serverIsOnline(sql)} then 'offline'
    else servers.status end`;
