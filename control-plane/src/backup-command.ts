import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BackupError } from "./backups/backup-error.ts";
import { refuseExisting, standardStream, writeStream, writeWhole } from "./backups/backup-file.ts";
import { makeBackup } from "./backups/make-backup.ts";
import { schemaOf } from "./backups/manifest.ts";
import { removeAbandoned } from "./backups/partial-files.ts";
import { findPassphrase } from "./backups/passphrase.ts";
import { clearingUp } from "./clearing-up.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { holdLock } from "./data-directory.ts";
import { type Database, type DatabaseAddress, openDatabase } from "./database/connection.ts";
import { findEmbeddedPostgres, startEmbeddedPostgres } from "./database/embedded.ts";
import { readSchema } from "./database/migrate.ts";
import { databaseProblem } from "./database/reachable.ts";
import { givenKeys, keyId, presentKeys } from "./master-key.ts";
import { argumentsOf, doNotGoTogether, runCommand } from "./run-command.ts";
import { withSecretFiles } from "./secret-files.ts";
import { localServer, localStateDir } from "./servers/local-server.ts";
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
  else if (process.stdout.isTTY) {
    throw new BackupError(
      "standard output is the terminal: name a file, or a command behind a pipe.",
    );
  }
  const keys = keysOf(config, dataDir);
  const passphrase = withMasterKey
    ? null
    : await findPassphrase(passphraseFile, process.env, { fresh: true });

  const left = file === standardStream ? [] : await removeAbandoned(dirname(resolve(file)));
  const manifest = await withDatabase(config, realpathSync(dataDir), (database) =>
    makeBackup(
      {
        database,
        schema: readSchema(fileURLToPath(new URL("../migrations", import.meta.url))),
        version,
        localServer: localServer(localStateDir(dataDir)),
        passphrase,
        keys,
      },
      (bytes) =>
        file === standardStream ? writeStream(process.stdout, bytes) : writeWhole(file, bytes),
    ),
  );
  const where = file === standardStream ? "standard output" : resolve(file);
  const opens = withMasterKey
    ? `It does not contain the master keys: keep ${keys.known.map(keyId).join(", ")} apart from it, as without them it is of no use.`
    : "It contains the master keys: who has it and its passphrase has everything.";
  return [
    ...left.map((path) => `Removed ${path}, which a backup that was killed had left.`),
    `Backup of ${manifest.madeAt}, version ${version}, schema ${schemaOf(manifest.migrations)}: ${where}. ${opens}`,
  ].join("\n");
}

function readArguments(args: string[]): {
  file: string;
  passphraseFile: string | null;
  withMasterKey: boolean;
} {
  const { values, positionals } = argumentsOf(
    args,
    { "passphrase-file": { type: "string" }, "with-master-key": { type: "boolean" } },
    usage,
  );
  const passphraseFile = values["passphrase-file"] ?? null;
  const withMasterKey = values["with-master-key"] ?? false;
  if (positionals.length > 1 || (withMasterKey && passphraseFile !== null)) {
    throw doNotGoTogether(usage);
  }
  const [file = `bridgeport-${new Date().toISOString().replace(/[:.]/g, "-")}.backup`] =
    positionals;
  return { file, passphraseFile, withMasterKey };
}

/** Makes none: a new key would open nothing of what there is. */
function keysOf({ masterKey }: Config, dataDir: string): { known: string[]; where: string } {
  if (masterKey === null) {
    return { known: presentKeys(dataDir), where: join(dataDir, "master.key") };
  }
  const { where, read } = givenKeys("BRIDGEPORT_MASTER_KEY", masterKey);
  return { known: read(), where };
}

/** With the database of a control plane, whether that runs or not. */
async function withDatabase<T>(
  config: Config,
  dataDir: string,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  if (config.databaseUrl !== null) return connected({ url: config.databaseUrl }, work);
  const directory = join(dataDir, "postgres");
  if (!existsSync(join(directory, "data"))) {
    throw new BackupError(
      `there is no embedded database in ${dataDir}: set BRIDGEPORT_DATA_DIR or DATABASE_URL as for the control plane.`,
    );
  }
  const release = await holdLock(dataDir);
  if (release !== null) {
    const server = startEmbeddedPostgres(directory);
    return clearingUp(
      async () => {
        await server.then(({ stop }) => stop()).catch(() => {});
        release();
      },
      async () => connected((await server).address, work),
    );
  }
  const address = await findEmbeddedPostgres(directory);
  if (address === null) {
    throw new BackupError(
      `the control plane of ${dataDir} is just starting or stopping: try again in a moment.`,
    );
  }
  return connected(address, work);
}

async function connected<T>(
  address: DatabaseAddress,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = openDatabase(address, { max: 2, name: "bridgeport-backup" });
  return clearingUp(
    () => database.end({ timeout: 5 }),
    async () => {
      const problem = await databaseProblem(database);
      if (problem !== null) throw new ConfigError(`DATABASE_URL cannot be used: ${problem}`);
      return work(database);
    },
  );
}

runCommand(backup, {
  failed: "No backup was made",
  // Standard output may be the backup.
  say: (text) => process.stderr.write(`${text}\n`),
});
