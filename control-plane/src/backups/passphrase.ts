import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { BackupError } from "./backup-error.ts";

export const shortestPassphrase = 12;
const variable = "BRIDGEPORT_BACKUP_PASSPHRASE";

/**
 * The passphrase of a backup: from a file, from BRIDGEPORT_BACKUP_PASSPHRASE, or typed at the terminal.
 * @param file null: none was named
 * @param options.fresh it is for a new backup: long enough, and typed twice
 * @throws {BackupError} when there is none, or it is too short for a new backup
 */
export async function findPassphrase(
  file: string | null,
  env: Record<string, string | undefined>,
  { fresh }: { fresh: boolean },
): Promise<string> {
  const given = file === null ? (env[variable] ?? "") : fromFile(file);
  const passphrase = given !== "" ? given : await typed(fresh);
  if (passphrase === "") {
    throw new BackupError(
      `A passphrase is needed: name a file that holds it with --passphrase-file, set ${variable}, or run this at a terminal.`,
    );
  }
  if (fresh && passphrase.length < shortestPassphrase) {
    throw new BackupError(
      `The passphrase has ${passphrase.length} characters: take at least ${shortestPassphrase}. Who has the backup and guesses it has everything.`,
    );
  }
  return passphrase;
}

function fromFile(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new BackupError(`The passphrase's file ${file} cannot be read (${code}).`);
  }
  const [line = ""] = text.split(/\r?\n/);
  if (line === "") throw new BackupError(`The first line of ${file} is empty: write it there.`);
  return line;
}

async function typed(fresh: boolean): Promise<string> {
  let terminal: number;
  try {
    // Standard input may be the backup.
    terminal = openSync("/dev/tty", "r+");
  } catch {
    return "";
  }
  try {
    const passphrase = await ask(terminal, "Passphrase of the backup: ");
    if (fresh && (await ask(terminal, "Again: ")) !== passphrase) {
      throw new BackupError("The two passphrases differ: start again.");
    }
    return passphrase;
  } finally {
    closeSync(terminal);
  }
}

/** Reads a line that is not shown. */
function ask(terminal: number, question: string): Promise<string> {
  writeSync(terminal, question);
  const input = new ReadStream(openSync("/dev/tty", "r"));
  input.setRawMode(true);
  input.setEncoding("utf8");
  return new Promise((resolve, reject) => {
    let line = "";
    const end = () => {
      input.setRawMode(false);
      input.destroy();
      writeSync(terminal, "\n");
    };
    input.on("data", (text) => {
      for (const character of String(text)) {
        if (character === "\u0003" || character === "\u0004") {
          end();
          return reject(new BackupError("Interrupted at the question for the passphrase."));
        }
        if (character === "\r" || character === "\n") {
          end();
          return resolve(line);
        }
        line = character === "\u007f" ? [...line].slice(0, -1).join("") : line + character;
      }
    });
  });
}
