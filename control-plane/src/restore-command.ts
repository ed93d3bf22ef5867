import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BackupError } from "./backups/backup-error.ts";
import { readFileOrInput } from "./backups/backup-file.ts";
import { keysToAdd } from "./backups/keys-for-restore.ts";
import { schemaOf } from "./backups/manifest.ts";
import { findPassphrase } from "./backups/passphrase.ts";
import { type Backup, checkBackup, type Opener, openBackup } from "./backups/read-backup.ts";
import { restoreDatabase } from "./backups/restore-database.ts";
import { type Settled, settleRestore } from "./backups/settle-restore.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { claimDataDirectory } from "./data-directory.ts";
import { type DatabaseAddress, openDatabase } from "./database/connection.ts";
import { EmbeddedPostgresError, startEmbeddedPostgres } from "./database/embedded.ts";
import { MigrationError, readSchema } from "./database/migrate.ts";
import { migrateAsOwner } from "./database/migrate-as-owner.ts";
import { databaseProblem } from "./database/reachable.ts";
import { givenKeys, keepKeys, keyId, MasterKeyError, presentKeys } from "./master-key.ts";
import { withSecretFiles } from "./secret-files.ts";
import { version } from "./version.ts";

/*
 * `npm run restore`: a composition root of its own, for one command. First keys are added, which leaves
 * all that were there; then the database changes, in one transaction; then it is brought forward, as every start
 * does. Whenever this is killed, a control plane starts with what was there before, or with the backup.
 */

const usage = `Usage: npm run restore -- [--passphrase-file FILE] [--replace] FILE | -
       npm run restore -- [--passphrase-file FILE] --verify FILE | -
-: from standard input; --replace: in place of what is there; --verify: only reads the backup.`;

async function restore(args: string[]): Promise<string> {
  const { file, passphraseFile, replace, verify } = readArguments(args);
  const config = readConfig(withSecretFiles(process.env));
  const own = config.masterKey === null ? null : givenKeys("", config.masterKey).read();
  const opener = (keys: string[]): Opener => ({
    passphrase: () => findPassphrase(passphraseFile, process.env, { fresh: false }),
    masterKey: (id) => keys.find((key) => keyId(key) === id) ?? null,
  });
  const input = await readFileOrInput(file, process.stdin);
  if (verify) {
    return verified(await openBackup(input, opener(own ?? presentKeys(config.dataDir))));
  }
  const dataDir = await claimDataDirectory(config.dataDir);
  const present = own ?? presentKeys(dataDir);
  const backup = await openBackup(input, opener(present));
  const added = keysToAdd(backup, present, own === null ? null : "BRIDGEPORT_MASTER_KEY");
  const { address, owner, leave } = await reachDatabase(config, dataDir);
  const name = "bridgeport-restore";
  // As the owner of the tables, where that is another role than the program's.
  const database = openDatabase(owner ?? address, { max: 3, name });
  const program = owner === null ? database : openDatabase(address, { max: 1, name });
  try {
    const problem = await databaseProblem(database);
    const variable = owner === null ? "DATABASE_URL" : "DATABASE_MIGRATION_URL";
    if (problem !== null) throw new ConfigError(`${variable} cannot be used: ${problem}`);
    if (added.length > 0) await keepKeys(dataDir, added);
    const schema = readSchema(fileURLToPath(new URL("../migrations", import.meta.url)));
    const tables = await restoreDatabase({ database, schema, version, backup, replace });
    await migrateAsOwner(program, owner, schema);
    const settled = await settleRestore(database);
    return [`Restored ${describe(backup)}: ${tables} tables.`, ...ended(settled), next].join("\n");
  } finally {
    await Promise.all([database.end({ timeout: 5 }), program.end({ timeout: 5 })]);
    await leave();
  }
}

const next =
  "Start the control plane. What changed since the backup is not known to it: docs/operations.md says what to look at.";

async function verified(backup: Backup): Promise<string> {
  const rows = await checkBackup(backup);
  const total = [...rows.values()].reduce((sum, count) => sum + count, 0);
  const keys =
    backup.lock === "passphrase"
      ? `It contains the master keys ${backup.keys.map(keyId).join(", ")}.`
      : "It does not contain the master keys.";
  return `This is a whole ${describe(backup)}: ${rows.size} tables, ${total} rows. ${keys}`;
}

function describe({ manifest }: Backup): string {
  return `backup of ${manifest.madeAt}, version ${manifest.version}, schema ${schemaOf(manifest.migrations)}`;
}

/** @param settled null: a control plane that was started at once was faster */
function ended(settled: Settled | null): string[] {
  if (settled === null) return [];
  return [
    `Ended: ${settled.sessions} sessions, ${settled.plans} plans that were under way, ${settled.pendingPlans} that nobody had started, ${settled.joinTokens} unused join tokens, ${settled.deliveries} notifications that were waiting. Auto-update of ${settled.snoozedImages} images waits for 24 hours.`,
  ];
}

function readArguments(args: string[]): {
  file: string;
  passphraseFile: string | null;
  replace: boolean;
  verify: boolean;
} {
  const { values, positionals } = parsed(args);
  const [file, ...more] = positionals;
  const { replace = false, verify = false } = values;
  if (file === undefined) throw new BackupError(`name the backup.\n${usage}`);
  if (more.length > 0 || (replace && verify)) {
    throw new BackupError(`these arguments do not go together.\n${usage}`);
  }
  return { file, passphraseFile: values["passphrase-file"] ?? null, replace, verify };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        "passphrase-file": { type: "string" },
        replace: { type: "boolean" },
        verify: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new BackupError(`${(error as Error).message}\n${usage}`);
  }
}

async function reachDatabase(
  config: Config,
  dataDir: string,
): Promise<{ address: DatabaseAddress; owner: DatabaseAddress | null; leave(): Promise<void> }> {
  if (config.databaseUrl !== null) {
    const owner = config.migrationUrl === null ? null : { url: config.migrationUrl };
    return { address: { url: config.databaseUrl }, owner, leave: () => Promise.resolve() };
  }
  const { address, owner, stop } = await startEmbeddedPostgres(join(dataDir, "postgres"));
  return { address, owner, leave: () => stop() };
}

const expected = [BackupError, ConfigError, EmbeddedPostgresError, MasterKeyError, MigrationError];
restore(process.argv.slice(2)).then(
  (done) => {
    process.stdout.write(`${done}\n`);
    // Standard input may still be open.
    process.stdin.destroy();
  },
  (error: unknown) => {
    const known = expected.some((kind) => error instanceof kind);
    const text = known ? (error as Error).message : (error as Error).stack;
    process.stderr.write(`Not restored: ${text}\n`);
    process.exitCode = 1;
    process.stdin.destroy();
  },
);
