import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { holdLock } from "./data-directory.ts";
import { type DatabaseAddress, openDatabase } from "./database/connection.ts";
import { findEmbeddedPostgres, startEmbeddedPostgres } from "./database/embedded.ts";
import { readSchema } from "./database/migrate.ts";
import { databaseProblem } from "./database/reachable.ts";
import { type Check, checkOf, failure } from "./doctor/check.ts";
import { databaseChecks } from "./doctor/database-checks.ts";
import { databaseFacts } from "./doctor/doctor.store.ts";
import {
  dataDirectoryCheck,
  diskCheck,
  portChecks,
  proxyCheck,
  tlsCheck,
} from "./doctor/host-checks.ts";
import { givenKeys, keyId, presentKeys } from "./master-key.ts";
import { withSecretFiles } from "./secret-files.ts";
import { whyNoEngine } from "./servers/engine-look.ts";
import { version } from "./version.ts";

/*
 * `npm run doctor`: a composition root of its own, for one command on the control plane's machine. It works
 * where the control plane does not start, too. What the fleet is like, `GET /api/doctor` says.
 */

async function diagnose(): Promise<Check[]> {
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
  const checks = [
    checkOf("config", "Configuration", `Version ${version}.`, []),
    dataDirectoryCheck(dataDir),
  ];
  if (!existsSync(dataDir)) return [...checks, ...(await portChecks(config, false))];
  const release = await holdLock(realpathSync(dataDir));
  try {
    const running = release === null;
    checks.push(
      checkOf("running", "Control plane", running ? "It runs." : "It does not run.", []),
      diskCheck(dataDir),
      ...(await portChecks(config, running)),
      ...(await databasePart(config, realpathSync(dataDir), running, now)),
      ...tlsCheck(config.tls?.cert ?? null, now),
      proxyCheck(process.env),
    );
    if (config.localAgent === "auto") {
      const why = await whyNoEngine({
        program: fileURLToPath(new URL("../../agent/dist/agent.cjs", import.meta.url)),
        dockerHost: config.dockerHost,
      });
      checks.push(
        checkOf("engine", "Docker Engine of this machine", "It answers.", [
          why === null
            ? null
            : {
                status: "warning",
                detail: why,
                advice: "If this machine is not to be a server, set BRIDGEPORT_LOCAL_AGENT=off.",
              },
        ]),
      );
    }
    return checks;
  } finally {
    release?.();
  }
}

async function databasePart(
  config: Config,
  dataDir: string,
  running: boolean,
  now: number,
): Promise<Check[]> {
  const reached = (problem: string | null, advice: string) =>
    checkOf("database", "Database", "It answers.", [
      problem === null ? null : failure(problem, advice),
    ]);
  let server: { address: DatabaseAddress; stop(): Promise<void> } | null = null;
  try {
    if (config.databaseUrl !== null) {
      server = { address: { url: config.databaseUrl }, stop: () => Promise.resolve() };
    } else if (running) {
      const address = await findEmbeddedPostgres(join(dataDir, "postgres"));
      if (address !== null) server = { address, stop: () => Promise.resolve() };
    } else if (existsSync(join(dataDir, "postgres", "data"))) {
      server = await startEmbeddedPostgres(join(dataDir, "postgres"));
    } else {
      return [checkOf("database", "Database", "The first start makes it.", [])];
    }
  } catch (error) {
    return [reached((error as Error).message, "Mend the cause that its log names.")];
  }
  if (server === null) {
    return [
      reached(
        "The embedded PostgreSQL does not answer.",
        `Its log is ${join(dataDir, "postgres", "postgres.log")}; restart the control plane.`,
      ),
    ];
  }
  const database = openDatabase(server.address, { max: 1, name: "bridgeport-doctor" });
  try {
    const problem = await databaseProblem(database);
    if (problem !== null) {
      return [reached(`It cannot be used: ${problem}`, "Correct DATABASE_URL, or the server.")];
    }
    const schema = readSchema(fileURLToPath(new URL("../migrations", import.meta.url)));
    const facts = await databaseFacts(database, schema, { verify: true });
    return [reached(null, ""), ...databaseChecks(facts, keysOf(config, dataDir), now)];
  } finally {
    await database.end({ timeout: 5 });
    await server.stop();
  }
}

/** Looks at the keys without making any. */
function keysOf(config: Config, dataDir: string): { ids: string[]; where: string } {
  if (config.masterKey !== null) {
    const where = "BRIDGEPORT_MASTER_KEY";
    return { ids: givenKeys(where, config.masterKey).read().map(keyId), where };
  }
  return { ids: presentKeys(dataDir).map(keyId), where: join(dataDir, "master.key") };
}

const marks = { ok: "ok     ", warning: "warning", error: "ERROR  " };

diagnose().then(
  (checks) => {
    if (process.argv.includes("--json")) {
      process.stdout.write(`${JSON.stringify({ checks }, null, 2)}\n`);
    } else {
      for (const { title, status, detail, advice } of checks) {
        process.stdout.write(`${marks[status]}  ${title}: ${detail}\n`);
        if (advice !== null) process.stdout.write(`         → ${advice}\n`);
      }
    }
    if (checks.some(({ status }) => status === "error")) process.exitCode = 1;
  },
  (error: unknown) => {
    process.stderr.write(`The doctor failed: ${(error as Error).stack}\n`);
    process.exitCode = 1;
  },
);
