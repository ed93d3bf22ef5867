import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Secrets, secretsWith } from "../secrets.ts";
import { controlPlane, type Database, openDatabase } from "./connection.ts";
import { applicationRole, startEmbeddedPostgres } from "./embedded.ts";
import { migrate, readSchema } from "./migrate.ts";

/*
 * Real PostgreSQL for `*.db.test.ts`: the test project's global set-up starts one server and
 * migrates a template; each test file clones it, which takes some 40 ms. Tests work as the role that the
 * program works as, so that a right that it lacks fails them.
 */

const variable = "BRIDGEPORT_TEST_POSTGRES";
const user = "bridgeport";
export const schema = readSchema(fileURLToPath(new URL("../../migrations", import.meta.url)));

/** vitest's global set-up of the database project */
export async function setup(): Promise<() => Promise<void>> {
  const directory = mkdtempSync(join(tmpdir(), "bp-test-db-"));
  const server = await startEmbeddedPostgres(directory, {
    settings: ["fsync=off", "synchronous_commit=off", "max_connections=200"],
  });
  if (!("socketDirectory" in server.owner)) throw new Error("the embedded server has a socket");
  process.env[variable] = server.owner.socketDirectory;
  const database = openDatabase(server.owner);
  await migrate(database, schema, applicationRole);
  await database.end();
  return async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}

export default setup;

export interface TestDatabase {
  name: string;
  database: Database;
  /** the same database as its owner, a superuser: for what the program itself may not do */
  owner: Database;
  /** another connection to the same database, as of another process */
  open(secrets?: Secrets, as?: string): Database;
  /** the same as another role that may log in */
  openAs(role: string): Database;
  close(): Promise<void>;
}

/**
 * A database of its own with the current schema, or none, and no rows. Values of environment variables are
 * sealed in it.
 * @param as what its connections are known as to PostgreSQL
 * @param noticed called with what PostgreSQL says on them beside its answers
 */
export async function openTestDatabase({
  empty = false,
  secrets = secretsWith("5e".repeat(32)),
  as = controlPlane,
  noticed = (_message: string): void => {},
} = {}): Promise<TestDatabase> {
  const socketDirectory = process.env[variable];
  if (!socketDirectory) {
    throw new Error(`${variable} is not set: run this through vitest's db project`);
  }
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const admin = openDatabase({ socketDirectory, user, database: "postgres" }, { max: 1 });
  await admin.unsafe(`create database ${name} template ${empty ? "template1" : user}`);
  const opened: Database[] = [];
  const openAs = (role: string, own?: Secrets, appearing = as) => {
    const address = { socketDirectory, user: role, database: name };
    const database = openDatabase(address, {
      name: appearing,
      noticed,
      ...(own === undefined ? {} : { secrets: own }),
    });
    opened.push(database);
    return database;
  };
  const open = (own?: Secrets, appearing?: string) => openAs(applicationRole, own, appearing);
  return {
    name,
    database: open(secrets),
    owner: openAs(user, secrets),
    open,
    openAs,
    async close() {
      await Promise.all(opened.map((database) => database.end({ timeout: 1 })));
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}
