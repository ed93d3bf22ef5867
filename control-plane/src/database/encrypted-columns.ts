/** Where something encrypted is stored, and how. */
export interface EncryptedColumn {
  table: string;
  column: string;
  /** bytes; the same in base64 as text; JSON with sealed values of environment variables */
  holds: "bytes" | "base64" | "variables";
}

/**
 * Every column that holds what is encrypted with a master key. What is not named here is lost when the key
 * changes: encryption.db.test.ts compares this list with all columns that there are.
 */
export const encryptedColumns: readonly EncryptedColumn[] = [
  { table: "certificate_authority", column: "private_key", holds: "bytes" },
  { table: "receipt_keys", column: "private_key", holds: "bytes" },
  { table: "registries", column: "token", holds: "bytes" },
  { table: "registries", column: "password", holds: "bytes" },
  { table: "second_factors", column: "secret", holds: "bytes" },
  { table: "webhooks", column: "secret", holds: "bytes" },
  { table: "image_hooks", column: "request", holds: "bytes" },
  { table: "plan_hooks", column: "request", holds: "bytes" },
  { table: "idempotency_keys", column: "body", holds: "base64" },
  { table: "services", column: "spec", holds: "variables" },
  { table: "services", column: "recorded_spec", holds: "variables" },
  { table: "plan_services", column: "rollback_body", holds: "variables" },
  { table: "plan_steps", column: "body", holds: "variables" },
  { table: "commands", column: "body", holds: "variables" },
  { table: "commands", column: "outcome", holds: "variables" },
];
