import postgres from "postgres";
import type { Secrets } from "../secrets.ts";
import { openedJson, sealedJson } from "./variable-values.ts";

/** Where PostgreSQL is: a URL, or the socket of the embedded server. */
export type DatabaseAddress =
  | { url: string }
  | { socketDirectory: string; user: string; database: string };

/** @param secrets null: what is read and written has no values of environment variables */
const typesOf = (secrets: Secrets | null) => ({
  // Counts and sizes in bytes: all of ours fit into 2^53.
  bigint: {
    to: 20,
    from: [20],
    parse: (value: string) => Number(value),
    serialize: (value: number) => value.toString(),
  },
  // In the place of the driver's own.
  json: {
    to: 114,
    from: [114, 3802],
    serialize: (value: unknown) =>
      secrets === null ? storableJson(value) : sealedJson(storableJson(value), secrets),
    parse: (text: string) => (secrets === null ? JSON.parse(text) : openedJson(text, secrets)),
  },
});
type Types = { bigint: number };

/**
 * JSON as PostgreSQL keeps it: without the character NUL and without halves of a surrogate pair,
 * both of which a container may well print. In their place is U+FFFD.
 */
export function storableJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/\\(u(?:0000|d[89a-f][0-9a-f]{2})|.)/g, (code) =>
    code.length > 2 ? "\\ufffd" : code,
  );
}

/** As what a control plane's connections are known to PostgreSQL. */
export const controlPlane = "bridgeport";

/** Runs statements, inside or outside of a transaction. Rows come in camelCase. */
export type Sql = postgres.ISql<Types>;

/** The pool: what begins transactions and listens. */
export type Database = postgres.Sql<Types>;

/** Runs statements inside of a transaction: on one connection, in the order in which they are sent. */
export type Transaction = postgres.TransactionSql<Types>;

/**
 * Opens a pool; connects on first use. Keys inside jsonb values are left as they are.
 * @param options.name what PostgreSQL is told of who connects; default: a control plane
 * @param options.secrets seals values of environment variables; see variable-values.ts
 * @param options.noticed called with what PostgreSQL says beside its answers; default: nobody listens
 */
export function openDatabase(
  address: DatabaseAddress,
  options: {
    max?: number;
    secrets?: Secrets;
    name?: string;
    noticed?: (message: string) => void;
  } = {},
): Database {
  const shared = {
    max: options.max ?? 10,
    types: typesOf(options.secrets ?? null),
    transform: { column: { from: postgres.toCamel, to: postgres.fromCamel } },
    connection: { application_name: options.name ?? controlPlane },
    onnotice: ({ message = "" }) => options.noticed?.(message),
    connect_timeout: 10,
    backoff: reconnectPause,
  } satisfies postgres.Options<Record<string, postgres.PostgresType>>;
  const database =
    "url" in address
      ? postgres(address.url, shared)
      : postgres({
          ...shared,
          host: address.socketDirectory,
          username: address.user,
          database: address.database,
        });
  return database as unknown as Database;
}

/**
 * How long a connection that broke waits before it is opened again, in seconds. All connections of a pool count
 * their failures together, so the driver's own pauses reach 20 s in the first moment of an outage, and would be
 * waited out after its end.
 * @param failures of the pool since it was last connected
 */
export function reconnectPause(failures: number): number {
  return Math.min(0.05 * 2 ** failures, 1) * (0.5 + Math.random() / 2);
}

/** Any plain value as a jsonb parameter. */
export function json(sql: Sql, value: unknown): postgres.Parameter {
  return sql.json(value as postgres.JSONValue);
}

/** Everything inside happens or nothing. Retries when PostgreSQL asks for it (deadlock, serialization). */
export async function transaction<T>(
  database: Database,
  work: (sql: Transaction) => Promise<T>,
): Promise<T> {
  return repeat(() => database.begin(work) as Promise<T>);
}

/** @param attempt a whole transaction, which has been rolled back where it fails */
export async function repeat<T>(attempt: () => Promise<T>): Promise<T> {
  for (let made = 1; ; made++) {
    try {
      return await attempt();
    } catch (error) {
      const again = sqlState(error) === "40P01" || sqlState(error) === "40001";
      if (!again || made === 5) throw error;
    }
  }
}

/**
 * For what is read by several statements and told as one: all of them see the database as it was
 * at the first. On their own they would see what was committed between them, such as a plan that
 * still runs with steps that have ended.
 */
export async function readTogether<T>(
  database: Database,
  work: (sql: Transaction) => Promise<T>,
): Promise<T> {
  return (await database.begin("isolation level repeatable read read only", work)) as T;
}

/** PostgreSQL's five-letter code of an error, such as 23505; undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof postgres.PostgresError ? error.code : undefined;
}

/**
 * Whether the database could not be reached, or could not go on, whatever was asked of it: there is no point in
 * asking the same in smaller parts.
 */
export function isAway(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return /^(08|53|57P|58)/.test(state) || state === readOnlyTransaction;
  if (!(error instanceof Error && "code" in error)) return false;
  // The driver's own, such as CONNECTION_CLOSED, and the system's, such as ECONNREFUSED, where it was a query's.
  const code = `${error.code}`;
  return /^CONNECT(ION)?_/.test(code) || (/^E[A-Z]+$/.test(code) && "query" in error);
}

/** The constraint that a statement broke, by name. */
export function brokenConstraint(error: unknown): string | undefined {
  return error instanceof postgres.PostgresError ? error.constraint_name : undefined;
}

export const uniqueViolation = "23505";
export const foreignKeyViolation = "23503";
export const insufficientPrivilege = "42501";
/** The database is a standby, or was told to be read only. */
export const readOnlyTransaction = "25006";
