import { currentIds } from "./current-command.ts";

/** From the most to the least verbose; `silent` writes nothing. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

type Fields = Record<string, unknown>;

/** Writes a message with fields, and the ids of the command that is carried out. An `error` field is written with its stack. */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

interface Sink {
  write(line: string): void;
  /** readable lines for a person instead of JSON */
  readable: boolean;
}

/** The same numbers as in the logs of the control plane, so that one tool can read both. */
const severities: Record<LogLevel, number> = {
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
  silent: 70,
};

/** A logger that writes to `sink`, by default to standard error: JSON lines, or plain ones on a terminal. */
export function createLogger(level: LogLevel, sink: Sink = standardError()): Logger {
  const threshold = logLevels.indexOf(level);
  const at = (name: LogLevel) => {
    const rank = logLevels.indexOf(name);
    return (message: string, fields: Fields = {}) => {
      if (rank < threshold) return;
      const now = new Date();
      const shown = plainFields({ ...currentIds(), ...fields });
      sink.write(
        sink.readable
          ? `${now.toISOString()} ${name.toUpperCase().padEnd(5)} ${message}${readableFields(shown)}\n`
          : `${JSON.stringify({ level: severities[name], time: now.getTime(), part: "agent", ...shown, msg: message })}\n`,
      );
    };
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** For tests, and for parts whose log is not needed. */
export const silentLogger: Logger = createLogger("silent");

function standardError(): Sink {
  return {
    write: (line) => process.stderr.write(line),
    readable: process.stderr.isTTY === true,
  };
}

function plainFields(fields: Fields): Fields {
  const plain: Fields = {};
  for (const [key, value] of Object.entries(fields)) {
    plain[key] = value instanceof Error ? (value.stack ?? value.message) : value;
  }
  return plain;
}

function readableFields(fields: Fields): string {
  let text = "";
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    text += ` ${key}=${typeof value === "string" ? value : JSON.stringify(value)}`;
  }
  return text;
}
