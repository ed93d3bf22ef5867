import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BackupError } from "./backups/backup-error.ts";
import { refuseExisting, standardStream, writeStream, writeWhole } from "./backups/backup-file.ts";
import { makeBackup } from "./backups/make-backup.ts";
import { schemaOf } from "./backups/manifest.ts";
import { findPassphrase } from "./backups/passphrase.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { holdLock } from "./data-directory.ts";
import { type DatabaseAddress, openDatabase } from "./database/connection.ts";
import {
  EmbeddedPostgresError,
  findEmbeddedPostgres,
  startEmbeddedPostgres,
} from "./database/embedded.ts";
import { MigrationError, readSchema } from "./database/migrate.ts";
import { databaseProblem } from "./database/reachable.ts";
import { givenKeys, keyId, MasterKeyError, presentKeys } from "./master-key.ts";
import { withSecretFiles } from "./secret-files.ts";
import { version } from "./version.ts";

/*
 * `npm run backup`: a composition root of its own, for one command. The control plane may run meanwhile.
 */

const usage = `Usage: npm run backup -- [--passphrase-file FILE | --with-master-key] [FILE | -]
Writes everything into one encrypted file; -: to standard output.`;

async function backup(args: string[]): Promise<string> {
  const { file, passphraseFile, withMasterKey } = readArguments(args);
  const config = readConfig(withSecretFiles(process.env));
  const dataDir = resolve(config.dataDir);
  if (!existsSync(dataDir)) {
    throw new ConfigError(
      `there is no data directory ${dataDir}: set BRIDGEPORT_DATA_DIR to that of the control plane.`,
    );
  }
  if (file !== standardStream) refuseExisting(resolve(file));
  const keys = keysOf(config, dataDir);
  const passphrase = withMasterKey
    ? null
    : await findPassphrase(passphraseFile, process.env, { fresh: true });

  const { address, leave } = await reachDatabase(config, realpathSync(dataDir));
  const database = openDatabase(address, { max: 2, name: "bridgeport-backup" });
  try {
    const problem = await databaseProblem(database);
    if (problem !== null) throw new ConfigError(`DATABASE_URL cannot be used: ${problem}`);
    const manifest = await makeBackup(
      {
        database,
        schema: readSchema(fileURLToPath(new URL("../migrations", import.meta.url))),
        version,
        passphrase,
        keys,
      },
      (bytes) =>
        file === standardStream ? writeStream(process.stdout, bytes) : writeWhole(file, bytes),
    );
    const where = file === standardStream ? "standard output" : resolve(file);
    const opens = withMasterKey
      ? `It does not contain the master keys: keep ${keys.known.map(keyId).join(", ")} apart from it, as without them it is of no use.`
      : "It contains the master keys: who has it and its passphrase has everything.";
    return `Backup of ${manifest.madeAt}, version ${version}, schema ${schemaOf(manifest.migrations)}: ${where}. ${opens}`;
  } finally {
    await database.end({ timeout: 5 });
    await leave();
  }
}

function readArguments(args: string[]): {
  file: string;
  passphraseFile: string | null;
  withMasterKey: boolean;
} {
  const { values, positionals } = parsed(args);
  const passphraseFile = values["passphrase-file"] ?? null;
  const withMasterKey = values["with-master-key"] ?? false;
  if (positionals.length > 1 || (withMasterKey && passphraseFile !== null)) {
    throw new BackupError(`these arguments do not go together.\n${usage}`);
  }
  const [file = `bridgeport-${new Date().toISOString().replace(/[:.]/g, "-")}.backup`] =
    positionals;
  return { file, passphraseFile, withMasterKey };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        "passphrase-file": { type: "string" },
        "with-master-key": { type: "boolean" },
      },
    });
  } catch (error) {
    throw new BackupError(`${(error as Error).message}\n${usage}`);
  }
}

/** Makes none: a new key would open nothing of what there is. */
function keysOf({ masterKey }: Config, dataDir: string): { known: string[]; where: string } {
  if (masterKey === null) {
    return { known: presentKeys(dataDir), where: join(dataDir, "master.key") };
  }
  const { where, read } = givenKeys("BRIDGEPORT_MASTER_KEY", masterKey);
  return { known: read(), where };
}

/** The database of a control plane, whether that runs or not. */
async function reachDatabase(
  config: Config,
  dataDir: string,
): Promise<{ address: DatabaseAddress; leave(): Promise<void> }> {
  if (config.databaseUrl !== null) {
    return { address: { url: config.databaseUrl }, leave: () => Promise.resolve() };
  }
  const directory = join(dataDir, "postgres");
  if (!existsSync(join(directory, "data"))) {
    throw new BackupError(
      `there is no embedded database in ${dataDir}: set BRIDGEPORT_DATA_DIR or DATABASE_URL as for the control plane.`,
    );
  }
  const release = await holdLock(dataDir);
  if (release !== null) {
    const server = await startEmbeddedPostgres(directory);
    return {
      address: server.address,
      async leave() {
        await server.stop();
        release();
      },
    };
  }
  const address = await findEmbeddedPostgres(directory);
  if (address === null) {
    throw new BackupError(
      `the control plane of ${dataDir} is just starting or stopping: try again in a moment.`,
    );
  }
  return { address, leave: () => Promise.resolve() };
}

const expected = [BackupError, ConfigError, EmbeddedPostgresError, MasterKeyError, MigrationError];
backup(process.argv.slice(2)).then(
  // Standard output may be the backup.
  (done) => process.stderr.write(`${done}\n`),
  (error: unknown) => {
    const known = expected.some((kind) => error instanceof kind);
    const text = known ? (error as Error).message : (error as Error).stack;
    process.stderr.write(`No backup was made: ${text}\n`);
    process.exitCode = 1;
  },
);
