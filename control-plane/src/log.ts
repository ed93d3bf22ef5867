import pino, { type Logger } from "pino";
import pretty from "pino-pretty";

export interface LogOptions {
  /** a person reads along: lines of text instead of JSON */
  terminal?: boolean;
  /** a file descriptor or a path; a path is for tests */
  destination?: number | string;
}

/**
 * The control plane's log, on standard error. Each line is written before the next statement runs, so
 * that the last words of a process that ends are there.
 */
export function openLog(
  level: string,
  { terminal = process.stderr.isTTY === true, destination = 2 }: LogOptions = {},
): Logger {
  if (!terminal) return pino({ level }, pino.destination({ dest: destination, sync: true }));
  const lines = pretty({
    destination,
    sync: true,
    singleLine: true,
    colorize: pretty.isColorSupported,
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "pid,hostname",
  });
  return pino({ level }, lines);
}
