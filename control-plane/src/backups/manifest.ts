import { z } from "zod";
import type { Migration } from "../database/migrate.ts";
import { BackupError } from "./backup-error.ts";

/** What a backup says of itself, in its first part. */
export const manifestSchema = z.object({
  /** ISO 8601: the moment whose state it holds */
  madeAt: z.string(),
  /** of the program that made it */
  version: z.string(),
  /** the schema: what the database had seen, in its order */
  migrations: z.array(z.object({ name: z.string(), checksum: z.string() })).min(1),
  /** the id of the master key that everything secret in it is encrypted with; null: not known */
  encryptionKey: z.string().nullable(),
  /** the id of the server that the control plane's own machine was; null: none, or not known */
  localServer: z.string().nullable().default(null),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** The last migration's name, which is how a schema is called. */
export function schemaOf(migrations: readonly { name: string }[]): string {
  return migrations.at(-1)?.name.replace(/\.sql$/, "") ?? "none";
}

/**
 * The migrations that make a backup's schema.
 * @param known those of this program
 * @throws {BackupError} when it is of a newer one, or of none that this program knows
 */
export function migrationsFor(
  manifest: Manifest,
  known: readonly Migration[],
  version: string,
): Migration[] {
  const byName = new Map(known.map((migration) => [migration.name, migration]));
  return manifest.migrations.map(({ name, checksum }) => {
    const migration = byName.get(name);
    const schemas = `the backup's schema is ${schemaOf(manifest.migrations)}, made by version ${manifest.version}; this is version ${version}, with the schema ${schemaOf(known)}`;
    if (!migration) {
      throw new BackupError(
        `This backup is of a newer Bridgeport: ${schemas}. Restore it with version ${manifest.version} or a newer one.`,
      );
    }
    if (migration.checksum !== checksum) {
      throw new BackupError(
        `This backup is of another Bridgeport: its ${name} differs from this program's (${schemas}). Restore it with the program that made it.`,
      );
    }
    return migration;
  });
}
