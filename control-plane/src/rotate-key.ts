import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ConfigError, readConfig } from "./config.ts";
import { openDatabase } from "./database/connection.ts";
import { takeNewestKey } from "./identity/key-rotation.ts";
import { addKey, dropKeys, keyFileIn, MasterKeyError } from "./master-key.ts";
import { runCommand } from "./run-command.ts";
import { withSecretFiles } from "./secret-files.ts";
import { secretsWith } from "./secrets.ts";

/*
 * `npm run rotate-key`: a composition root of its own, for one command. The control plane may run meanwhile:
 * it takes the new key when it is started next, and encrypts everything with it then, in one transaction. The
 * older keys are dropped only after that: by the same start where the database is the embedded one, which no
 * other control plane can use, and otherwise by `--drop-old`.
 */

async function rotate(args: string[]): Promise<string> {
  const dropsOld = args[0] === "--drop-old" && args.length === 1;
  if (args.length > 0 && !dropsOld) {
    throw new ConfigError(`rotate-key takes nothing or --drop-old, not ${args.join(" ")}.`);
  }
  const config = readConfig(withSecretFiles(process.env));
  if (config.masterKey !== null) {
    throw new ConfigError(
      "the keys are in BRIDGEPORT_MASTER_KEY, where only you can change them: docs/operating.md says in which steps (Changing the master key).",
    );
  }
  const dataDir = resolve(config.dataDir);
  if (!existsSync(dataDir)) {
    throw new ConfigError(
      `there is no data directory ${dataDir}: set BRIDGEPORT_DATA_DIR to that of the control plane.`,
    );
  }
  const { where } = keyFileIn(dataDir);
  if (dropsOld) return dropOld(dataDir, config.databaseUrl);
  const id = await addKey(dataDir);
  return config.databaseUrl === null
    ? `The new master key ${id} is in front of ${where}. Restart the control plane: it encrypts everything with it, and drops the older ones. Back up ${where} with the database.`
    : `The new master key ${id} is in front of ${where}. Copy that file to every control plane of this database before you restart the first; when all are restarted, run this with --drop-old on each. Back up ${where} with the database.`;
}

/** Everything is encrypted with the newest key before the older ones go. */
async function dropOld(dataDir: string, databaseUrl: string | null): Promise<string> {
  if (databaseUrl === null) {
    throw new ConfigError(
      "the embedded database's control plane drops older keys by itself when it starts.",
    );
  }
  const keys = keyFileIn(dataDir);
  const secrets = secretsWith(keys);
  const [newest = "", ...older] = secrets.keyIds();
  const database = openDatabase({ url: databaseUrl }, { max: 1, secrets });
  try {
    const { before } = await takeNewestKey(database, secrets);
    if (before === null) {
      throw new MasterKeyError(
        "no control plane of this version has used the database of DATABASE_URL: is it the one that these keys belong to?",
      );
    }
  } finally {
    await database.end({ timeout: 5 });
  }
  await dropKeys(dataDir, older);
  return older.length === 0
    ? `${keys.where} has one key, ${newest}.`
    : `Dropped from ${keys.where}: ${older.join(", ")}. Everything is encrypted with ${newest}.`;
}

runCommand(rotate, {
  failed: "The master key was not rotated",
  say: (text) => process.stdout.write(`${text}\n`),
});
