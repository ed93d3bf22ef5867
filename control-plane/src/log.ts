import pino, { type Logger } from "pino";
import pretty from "pino-pretty";
import { loggedActivity } from "./activity.ts";

export interface LogOptions {
  /** a person reads along: lines of text instead of JSON */
  terminal?: boolean;
  /** a file descriptor or a path; a path is for tests */
  destination?: number | string;
}

/**
 * The control plane's log, on standard error. Each line is written before the next statement runs, so
 * that the last words of a process that ends are there, and has the ids of what is being done.
 */
export function openLog(
  level: string,
  { terminal = process.stderr.isTTY === true, destination = 2 }: LogOptions = {},
): Logger {
  const options = { level, mixin: loggedActivity };
  if (!terminal) return pino(options, pino.destination({ dest: destination, sync: true }));
  const lines = pretty({
    destination,
    sync: true,
    singleLine: true,
    colorize: pretty.isColorSupported,
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "pid,hostname",
  });
  return pino(options, lines);
}
