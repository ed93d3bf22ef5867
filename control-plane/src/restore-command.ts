import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BackupError } from "./backups/backup-error.ts";
import { readFileOrInput } from "./backups/backup-file.ts";
import { keysToAdd } from "./backups/keys-for-restore.ts";
import { schemaOf } from "./backups/manifest.ts";
import { findPassphrase } from "./backups/passphrase.ts";
import { type Backup, checkBackup, type Opener, openBackup } from "./backups/read-backup.ts";
import { restoreDatabase } from "./backups/restore-database.ts";
import { type Settled, settleRestore } from "./backups/settle-restore.ts";
import { clearingUp } from "./clearing-up.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { claimDataDirectory } from "./data-directory.ts";
import { type DatabaseAddress, openDatabase } from "./database/connection.ts";
import { startEmbeddedPostgres } from "./database/embedded.ts";
import { makeApplicationRole } from "./database/make-application-role.ts";
import { readSchema } from "./database/migrate.ts";
import { migrateAsOwner } from "./database/migrate-as-owner.ts";
import { databaseProblem } from "./database/reachable.ts";
import { givenKeys, keepKeys, keyId, presentKeys } from "./master-key.ts";
import { argumentsOf, doNotGoTogether, runCommand } from "./run-command.ts";
import { withSecretFiles } from "./secret-files.ts";
import { keepLocalServer, localStateDir } from "./servers/local-server.ts";
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
  return withDatabase(config, dataDir, async (address, owner) => {
    const name = "bridgeport-restore";
    // As the owner of the tables, where that is another role than the program's.
    const database = openDatabase(owner ?? address, { max: 3, name });
    const program = owner === null ? database : openDatabase(address, { max: 1, name });
    const end = () => Promise.all([database.end({ timeout: 5 }), program.end({ timeout: 5 })]);
    return clearingUp(
      () => end().then(() => {}),
      async () => {
        const problem = await databaseProblem(database);
        const variable = owner === null ? "DATABASE_URL" : "DATABASE_MIGRATION_URL";
        if (problem !== null) throw new ConfigError(`${variable} cannot be used: ${problem}`);
        if (added.length > 0) await keepKeys(dataDir, added);
        const { localServer } = backup.manifest;
        if (localServer !== null) keepLocalServer(localStateDir(dataDir), localServer);
        const schema = readSchema(fileURLToPath(new URL("../migrations", import.meta.url)));
        const tables = await restoreDatabase({ database, schema, version, backup, replace });
        await migrateAsOwner(program, owner, schema);
        const settled = await settleRestore(database);
        return [`Restored ${describe(backup)}: ${tables} tables.`, ...ended(settled), next].join(
          "\n",
        );
      },
    );
  });
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
  const { values, positionals } = argumentsOf(
    args,
    {
      "passphrase-file": { type: "string" },
      replace: { type: "boolean" },
      verify: { type: "boolean" },
    },
    usage,
  );
  const [file, ...more] = positionals;
  const { replace = false, verify = false } = values;
  if (file === undefined) throw new BackupError(`name the backup.\n${usage}`);
  if (more.length > 0 || (replace && verify)) throw doNotGoTogether(usage);
  return { file, passphraseFile: values["passphrase-file"] ?? null, replace, verify };
}

/** With the database, and with that of the owner of its tables where it is another role's. */
async function withDatabase<T>(
  config: Config,
  dataDir: string,
  work: (address: DatabaseAddress, owner: DatabaseAddress | null) => Promise<T>,
): Promise<T> {
  if (config.databaseUrl !== null) {
    const owner = config.migrationUrl === null ? null : { url: config.migrationUrl };
    if (owner !== null) await makeApplicationRole(config.databaseUrl, owner.url);
    return work({ url: config.databaseUrl }, owner);
  }
  const server = startEmbeddedPostgres(join(dataDir, "postgres"));
  return clearingUp(
    () => server.then(({ stop }) => stop()).catch(() => {}),
    async () => {
      const { address, owner } = await server;
      return work(address, owner);
    },
  );
}

// Standard input may still be open.
runCommand(
  (args) =>
    clearingUp(
      () => void process.stdin.destroy(),
      () => restore(args),
    ),
  {
    failed: "Not restored",
    say: (text) => process.stdout.write(`${text}\n`),
  },
);
