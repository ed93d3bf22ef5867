import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Client } from "@bridgeport/client";
import type { Command } from "commander";
import type { Clock } from "../connection/clock.ts";
import { type ConnectionOptions, connect, type Target } from "../connection/connection.ts";
import { Failure } from "../exit.ts";
import { type Environment, findEnvironment } from "../find/resources.ts";
import type { Io } from "../io.ts";
import { type Paint, painter } from "../terminal/colour.ts";
import { type Column, table } from "../terminal/table.ts";

/** The options that every command has that speaks to a control plane. */
export interface Common extends ConnectionOptions {
  environment?: string;
  json?: boolean;
}

/** What commands are made with: the world, and where the exit code goes. */
export interface Making {
  io: Io;
  /** Default: 0 */
  endWith(code: number): void;
}

/** Adds the options that say which control plane is meant, and `--json`. */
export function common(command: Command, { environment = true } = {}): Command {
  if (environment) {
    command.option("-e, --environment <name>", "the environment; default: the only one");
  }
  return command
    .option("--json", "print JSON instead of text")
    .option("--context <name>", "a control plane that you logged in to, by its name")
    .option("--url <url>", "the control plane's address")
    .option("--ca <file>", "trust the certificate authority in this file too");
}

/** A list as the API gives it: rows under a name of their own, and how many there are in all. */
interface Listed {
  total?: number;
  [rows: string]: unknown;
}

/** A command that is about to speak to a control plane. */
export interface Speaking {
  io: Io;
  client: Client;
  target: Target;
  /** the control plane's time */
  clock: Clock;
  json: boolean;
  paint: Paint;
  environment(): Promise<Environment>;
  /** Prints rows as a table, or `data` as JSON; where its `total` is more than the rows, it says so. */
  show<Row>(data: Listed, columns: Column<Row>[], rows: Row[], none: string): void;
  /** Prints a sentence, or `data` as JSON. */
  say(data: unknown, sentence: string): void;
}

export function speak(options: Common, io: Io): Speaking {
  const { client, target, clock } = connect(options, io);
  let found: Promise<Environment> | undefined;
  return { client, target, clock, ...voice(options, io), environment: () => (found ??= env()) };

  function env(): Promise<Environment> {
    return findEnvironment(client, options.environment, io, target.environment);
  }
}

/** How a command prints, whomever it speaks to. */
export function voice(options: { json?: boolean }, io: Io) {
  const json = options.json ?? false;
  const paint = painter(io.colour);
  const printJson = (data: unknown) => io.out(`${JSON.stringify(data, null, 2)}\n`);
  return {
    io,
    json,
    paint,
    show<Row>(data: Listed, columns: Column<Row>[], rows: Row[], none: string): void {
      if (json) printJson(data);
      else if (rows.length === 0) io.err(`${none}\n`);
      else {
        io.out(table(columns, rows, { columns: io.terminal()?.columns ?? null, paint }));
        const { total = 0 } = data;
        const more = `${rows.length} of ${total} are shown; --limit takes another number.\n`;
        if (total > rows.length) io.err(more);
      }
    },
    say(data: unknown, sentence: string): void {
      if (json) printJson(data);
      else io.out(`${sentence}\n`);
    },
  };
}

/**
 * Reads a file that a command is given.
 * @param path of it; `-`: stdin
 * @returns its text, how it is called in messages, and what paths in it are relative to
 * @throws {Failure} when it cannot be read
 */
export async function readInput(
  io: Io,
  path: string,
): Promise<{ text: string; name: string; folder: string }> {
  if (path === "-") return { text: await io.readStdin(), name: "stdin", folder: "." };
  try {
    return { text: readFileSync(path, "utf8"), name: path, folder: dirname(path) };
  } catch (error) {
    throw new Failure(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/** Asks for a yes. @returns false for anything else; `yes` answers beforehand */
export async function confirmed(io: Io, question: string, yes?: boolean): Promise<boolean> {
  if (yes) return true;
  const answer = await io.ask(`${question} [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}
