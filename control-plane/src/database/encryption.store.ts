import { MasterKeyError } from "../master-key.ts";
import type { Secrets } from "../secrets.ts";
import type { Sql, Transaction } from "./connection.ts";
import { type EncryptedColumn, encryptedColumns } from "./encrypted-columns.ts";
import { mayHaveVariables, resealedJson } from "./variable-values.ts";

export interface Encryption {
  /** the id of the key that everything was encrypted with before; null: not everything was */
  before: string | null;
  /** how many values were encrypted now */
  values: number;
}

const rowsAtOnce = 200;

/**
 * Encrypts everything that is secret with the newest key, where it is not yet: after a key was added, and
 * once after an upgrade from a version that encrypted less. All of it happens in the caller's transaction.
 * Looks at nothing while the newest key is the only one and is known to have encrypted everything.
 * @throws {MasterKeyError} when a key that is needed is missing
 */
export async function encryptEverything(sql: Transaction, secrets: Secrets): Promise<Encryption> {
  const [newest = "", ...older] = secrets.keyIds();
  // Control planes that start together do this one after the other.
  await sql`lock table encryption_state in exclusive mode`;
  const before = await encryptedWith(sql);
  if (before === newest && older.length === 0) return { before, values: 0 };
  if (before !== null && before !== newest && !older.includes(before)) {
    throw new MasterKeyError(
      `The secrets in this database are encrypted with the master key ${before}, which is missing (there: ${[newest, ...older].join(", ")}). Restore it from a backup: into master.key of the data directory, or BRIDGEPORT_MASTER_KEY, alone or below a newer one.`,
    );
  }
  let values = 0;
  for (const column of encryptedColumns) {
    values += await encryptColumn(sql, column, secrets, before === null);
  }
  await sql`
    insert into encryption_state (key_id) values (${newest})
    on conflict (only_one) do update set key_id = excluded.key_id, since = now()
    where encryption_state.key_id <> excluded.key_id`;
  return { before, values };
}

/** The id of the master key that everything secret is encrypted with; null: not known. */
export async function encryptedWith(sql: Sql): Promise<string | null> {
  const [row] = await sql<{ keyId: string }[]>`select key_id from encryption_state`;
  return row?.keyId ?? null;
}

/** How a column's value is read as text, and written from it. */
const forms = {
  bytes: {
    read: (column: string) => `encode(${column}, 'base64')`,
    write: "decode(value, 'base64')",
  },
  base64: { read: (column: string) => column, write: "value" },
  variables: { read: (column: string) => `${column}::text`, write: "value::jsonb" },
};

async function encryptColumn(
  sql: Transaction,
  { table, column, holds }: EncryptedColumn,
  secrets: Secrets,
  first: boolean,
): Promise<number> {
  const { read, write } = forms[holds];
  const some =
    holds === "variables"
      ? mayHaveVariables.map((part) => `position('${part}' in ${column}::text) > 0`).join(" or ")
      : `${column} is not null`;
  const fresh = (value: string) =>
    holds === "variables" ? resealedJson(value, secrets, first) : reencrypted(value, secrets);
  // Reading goes on; who would write waits, and finds the row in its place again.
  await sql.unsafe(`lock table ${table} in share row exclusive mode`);
  await sql.unsafe(
    `declare secret no scroll cursor for select ctid::text as place, ${read(column)} as value from ${table} where ${some}`,
  );
  let changed = 0;
  for (;;) {
    const rows = await sql.unsafe<{ place: string; value: string }[]>(
      `fetch ${rowsAtOnce} from secret`,
    );
    if (rows.length === 0) break;
    const next = rows.flatMap(({ place, value }) => {
      const other = fresh(value);
      return other === null ? [] : [{ place, value: other }];
    });
    await sql.unsafe(
      `update ${table} set ${column} = ${write} from unnest($1::text[], $2::text[]) as next (place, value) where ${table}.ctid = next.place::tid`,
      [next.map(({ place }) => place), next.map(({ value }) => value)],
    );
    changed += next.length;
  }
  await sql.unsafe("close secret");
  return changed;
}

function reencrypted(base64: string, secrets: Secrets): string | null {
  const bytes = Buffer.from(base64, "base64");
  return secrets.isCurrent(bytes)
    ? null
    : secrets.encrypt(secrets.decrypt(bytes)).toString("base64");
}
