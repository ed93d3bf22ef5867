import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { clearingUp } from "./clearing-up.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { holdLock } from "./data-directory.ts";
import { type DatabaseAddress, openDatabase } from "./database/connection.ts";
import { findEmbeddedPostgres, startEmbeddedPostgres } from "./database/embedded.ts";
import { readSchema } from "./database/migrate.ts";
import { databaseFailure, databaseProblem } from "./database/reachable.ts";
import { type Check, checkOf, failure, warning } from "./doctor/check.ts";
import { auditWindow, databaseChecks } from "./doctor/database-checks.ts";
import { databaseFacts } from "./doctor/doctor.store.ts";
import {
  dataDirectoryCheck,
  diskCheck,
  portChecks,
  proxyCheck,
  tlsCheck,
} from "./doctor/host-checks.ts";
import { givenKeys, keyId, MasterKeyError, presentKeys } from "./master-key.ts";
import { argumentsOf, doNotGoTogether, runCommand } from "./run-command.ts";
import { withSecretFiles } from "./secret-files.ts";
import { whyNoEngine } from "./servers/engine-look.ts";
import { version } from "./version.ts";

/*
 * `npm run doctor`: a composition root of its own, for one command on the control plane's machine. It works
 * where the control plane does not start, too. What the fleet is like, `GET /api/doctor` says.
 */

const usage = `Usage: npm run doctor -- [--json] [--full]
--json: for programs; --full: every entry of the audit is verified, however many there are.`;

async function diagnose(full: boolean): Promise<Check[]> {
  let config: Config;
  try {
    config = readConfig(withSecretFiles(process.env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [
      checkOf("config", "Configuration", "", [
        failure(error.message, "Correct this variable, or unset it: README.md lists them all."),
      ]),
    ];
  }
  const now = Date.now();
  const dataDir = resolve(config.dataDir);
  const directory = dataDirectoryCheck(dataDir);
  const checks = [checkOf("config", "Configuration", `Version ${version}.`, []), directory];
  // What is in it would be taken for missing.
  if (directory.status === "error") return [...checks, ...(await portChecks(config, false))];
  const release = await holdLock(realpathSync(dataDir));
  return clearingUp(
    () => release?.(),
    async () => {
      const running = release === null;
      checks.push(
        checkOf("running", "Control plane", running ? "It runs." : "It does not run.", []),
        diskCheck(dataDir),
        ...(await portChecks(config, running)),
        ...(await databasePart(config, { dataDir: realpathSync(dataDir), running, full, now })),
        ...tlsCheck(config.tls, config.publicUrl, now),
        proxyCheck(process.env),
      );
      if (config.localAgent === "auto") checks.push(await engineCheck(config));
      return checks;
    },
  );
}

async function engineCheck({ dockerHost }: Config): Promise<Check> {
  const program = fileURLToPath(new URL("../../agent/dist/agent.cjs", import.meta.url));
  const why = await whyNoEngine({ program, dockerHost });
  return checkOf("engine", "Docker Engine of this machine", "It answers.", [
    why === null
      ? null
      : warning(why, "If this machine is not to be a server, set BRIDGEPORT_LOCAL_AGENT=off."),
  ]);
}

interface Place {
  dataDir: string;
  running: boolean;
  full: boolean;
  now: number;
}

const reached = (problem: string | null, advice: string) =>
  checkOf("database", "Database", "It answers.", [
    problem === null ? null : failure(problem, advice),
  ]);

async function databasePart(config: Config, place: Place): Promise<Check[]> {
  const directory = join(place.dataDir, "postgres");
  if (config.databaseUrl !== null) {
    return [
      ...(await databaseLook({ url: config.databaseUrl }, config, place)),
      ...(config.migrationUrl === null ? [] : [await ownerCheck(config.migrationUrl)]),
    ];
  }
  if (place.running) {
    const address = await findEmbeddedPostgres(directory);
    if (address !== null) return databaseLook(address, config, place);
    const log = join(directory, "postgres.log");
    return [
      reached(
        "The embedded PostgreSQL does not answer.",
        `Its log is ${log}; restart the control plane.`,
      ),
    ];
  }
  if (!existsSync(join(directory, "data"))) {
    return [checkOf("database", "Database", "The first start makes it.", [])];
  }
  const server = startEmbeddedPostgres(directory);
  return clearingUp(
    () => server.then(({ stop }) => stop()).catch(() => {}),
    async () => {
      try {
        await server;
      } catch (error) {
        return [reached((error as Error).message, "Mend the cause that its log names.")];
      }
      return databaseLook((await server).address, config, place);
    },
  );
}

async function databaseLook(
  address: DatabaseAddress,
  config: Config,
  { dataDir, full, now }: Place,
): Promise<Check[]> {
  const database = openDatabase(address, { max: 1, name: "bridgeport-doctor" });
  return clearingUp(
    () => database.end({ timeout: 5 }),
    async () => {
      const problem = await databaseProblem(database);
      if (problem !== null) {
        return [reached(`It cannot be used: ${problem}`, "Correct DATABASE_URL, or the server.")];
      }
      const schema = readSchema(fileURLToPath(new URL("../migrations", import.meta.url)));
      const keys = keysOf(config, dataDir);
      try {
        const auditEntries = full ? null : auditWindow;
        const facts = await databaseFacts(database, schema, { auditEntries });
        const found = "status" in keys ? null : keys;
        return [
          reached(null, ""),
          ...databaseChecks(facts, found, now),
          ...("status" in keys ? [keys] : []),
        ];
      } catch (error) {
        const what = databaseFailure(error);
        if (what === null) throw error;
        return [reached(what, "Look at the database's log, and at the rights of its roles.")];
      }
    },
  );
}

async function ownerCheck(url: string): Promise<Check> {
  const database = openDatabase({ url }, { max: 1, name: "bridgeport-doctor" });
  return clearingUp(
    () => database.end({ timeout: 5 }),
    async () => {
      const problem = await databaseProblem(database);
      return checkOf("database_owner", "Owner of the tables", "It can log in.", [
        problem === null
          ? null
          : failure(`It cannot be used: ${problem}`, "Correct DATABASE_MIGRATION_URL."),
      ]);
    },
  );
}

/** Looks at the keys without making any. @returns a check where they cannot be read */
function keysOf(config: Config, dataDir: string): { ids: string[]; where: string } | Check {
  const where = config.masterKey === null ? join(dataDir, "master.key") : "BRIDGEPORT_MASTER_KEY";
  if (config.masterKey !== null) {
    return { ids: givenKeys(where, config.masterKey).read().map(keyId), where };
  }
  try {
    return { ids: presentKeys(dataDir).map(keyId), where };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return checkOf("master_key", "Master key", "", [
      failure(
        error instanceof MasterKeyError ? message : `${where} cannot be read (${code}).`,
        "Put the file back from a backup, readable for the control plane's user alone.",
      ),
    ]);
  }
}

const marks = { ok: "ok     ", warning: "warning", error: "ERROR  " };

async function doctor(args: string[]): Promise<string> {
  const { values, positionals } = argumentsOf(
    args,
    { json: { type: "boolean" }, full: { type: "boolean" } },
    usage,
  );
  if (positionals.length > 0) throw doNotGoTogether(usage);
  const { json = false, full = false } = values;
  const checks = await diagnose(full);
  if (checks.some(({ status }) => status === "error")) process.exitCode = 1;
  if (json) return JSON.stringify({ checks }, null, 2);
  return checks
    .flatMap(({ title, status, detail, advice }) => [
      `${marks[status]}  ${title}: ${detail}`,
      ...(advice === null ? [] : [`         → ${advice}`]),
    ])
    .join("\n");
}

runCommand(doctor, {
  failed: "The doctor failed",
  say: (text) => process.stdout.write(`${text}\n`),
});
