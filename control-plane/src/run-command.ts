import { type ParseArgsConfig, parseArgs } from "node:util";
import { BackupError } from "./backups/backup-error.ts";
import { clearUpAll } from "./clearing-up.ts";
import { ConfigError } from "./config.ts";
import { EmbeddedPostgresError } from "./database/embedded.ts";
import { MigrationError } from "./database/migrate.ts";
import { databaseFailure } from "./database/reachable.ts";
import { MasterKeyError } from "./master-key.ts";

/*
 * What the commands of the control plane's machine have in common: arguments, errors in one line, and an end
 * by Ctrl-C that leaves nothing behind.
 */

/** Arguments that cannot be used; the message ends with how they are used. */
class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(problem: string, usage: string) {
    super(`${problem.replace(/\.$/, "")}.\n${usage}`);
  }
}

type Options = NonNullable<ParseArgsConfig["options"]>;

/**
 * The options of a command line and what stands beside them.
 * @param check says what is wrong with arguments that are known each; null: nothing
 * @throws {UsageError} for those that are not known, or do not go together
 */
export function argumentsOf<const O extends Options>(args: string[], options: O, usage: string) {
  type Parsed = ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>;
  try {
    return parseArgs({ args, options, allowPositionals: true }) as Parsed;
  } catch (error) {
    throw new UsageError((error as Error).message, usage);
  }
}

export const doNotGoTogether = (usage: string) =>
  new UsageError("These arguments do not go together", usage);

const expected = [
  BackupError,
  ConfigError,
  EmbeddedPostgresError,
  MasterKeyError,
  MigrationError,
  UsageError,
];

/**
 * Runs a command with the arguments of the process, and tells how it ended; with 1 where it failed.
 * @param failed begins the line of a failure, such as "No backup was made"
 * @param say takes what the command returned
 */
export function runCommand(
  work: (args: string[]) => Promise<string>,
  { failed, say }: { failed: string; say: (text: string) => void },
): void {
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      // The second one does not wait.
      if (interrupted) process.exit(130);
      interrupted = true;
      process.stderr.write(`${failed}: interrupted.\n`);
      void clearUpAll().then(() => process.exit(130));
    });
  }
  work(process.argv.slice(2)).then(
    (done) => {
      if (!interrupted) say(done);
    },
    (error: unknown) => {
      if (interrupted) return;
      process.stderr.write(`${failed}: ${textOf(error)}\n`);
      process.exitCode = 1;
    },
  );
}

function textOf(error: unknown): string {
  if (expected.some((kind) => error instanceof kind)) return (error as Error).message;
  return databaseFailure(error) ?? String((error as Error).stack);
}
