import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres, { type Sql } from "postgres";
import { environmentOf, type Scratch } from "./scratch.ts";
import type { System } from "./system.ts";

const dist = fileURLToPath(new URL("../../control-plane/dist", import.meta.url));

/** How a command of the control plane's machine ended. */
export interface Ended {
  code: number | null;
  /** both outputs */
  output: string;
  stdout: Buffer;
}

export interface HostCommands {
  /** Starts a command; its standard input stays open. */
  launch(
    command: "backup" | "restore",
    dataDir: string,
    args: string[],
    env?: Record<string, string>,
  ): { child: ChildProcess; ended: Promise<Ended> };
  run(...given: Parameters<HostCommands["launch"]>): Promise<Ended>;
}

/** `npm run backup` and `restore`, as they were built. */
export function hostCommands(scratch: () => Scratch, passphrase: string): HostCommands {
  const commands: HostCommands = {
    launch(command, dataDir, args, env = {}) {
      const child = spawn(process.execPath, [join(dist, `${command}.js`), ...args], {
        env: environmentOf(scratch().dir, {
          DATABASE_URL: undefined,
          BRIDGEPORT_MASTER_KEY: undefined,
          BRIDGEPORT_DATA_DIR: dataDir,
          BRIDGEPORT_BACKUP_PASSPHRASE: passphrase,
          ...env,
        }),
      });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
      child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
      child.stdin.on("error", () => {});
      const ended = once(child, "close").then(([code]) => ({
        code: code as number | null,
        output: Buffer.concat([...out, ...err]).toString(),
        stdout: Buffer.concat(out),
      }));
      return { child, ended };
    },
    run(...given) {
      const { child, ended } = commands.launch(...given);
      child.stdin?.end();
      return ended;
    },
  };
  return commands;
}

/** The embedded database of an installation while it runs, whoever has started it; null: it does not. */
export function embeddedDatabase({ dataDir }: Pick<System, "dataDir">): Sql | null {
  try {
    const lines = readFileSync(join(dataDir, "postgres/data/postmaster.pid"), "utf8").split("\n");
    const options = { host: lines[4] ?? "", username: "bridgeport", database: "bridgeport" };
    return postgres({ ...options, max: 1, onnotice: () => {} });
  } catch {
    return null;
  }
}

/** Rows that no compression makes small: more than the pipe of a command's output takes. */
export async function addBallast(sql: Sql, rows = 2000): Promise<void> {
  await sql`
    insert into incoming_deliveries (secret_name, id_hash, request_hash, outcome)
    select 'large', sha256(n::text::bytea), sha256(n::text::bytea),
      jsonb_build_object('text', (select string_agg(md5(n::text || m), '') from generate_series(1, 60) m))
    from generate_series(1, ${rows}) n`;
}
