import { existsSync, writeFileSync } from "node:fs";

/** A process's own clock. */
export interface Clock {
  /** For the process that has it. */
  environment: Record<string, string>;
  /** From now on, or within a second, it is so many seconds ahead, or behind. */
  step(seconds: number): void;
}

const machines: Partial<Record<NodeJS.Architecture, string>> = { x64: "x86_64", arm64: "aarch64" };
const library = `/usr/lib/${machines[process.arch]}-linux-gnu/faketime/libfaketimeMT.so.1`;

/** Whether a process can be given a clock of its own here: by Debian's package libfaketime. */
export const clocksCanStep = existsSync(library);

/** A clock that is told by a file of this path. Without the library it is the machine's, and stays so. */
export function createClock(file: string): Clock {
  const step = (seconds: number) => writeFileSync(file, `${seconds < 0 ? "" : "+"}${seconds}s`);
  step(0);
  if (!clocksCanStep) return { environment: {}, step };
  return {
    step,
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: "1",
      // Timers go by the other clock, which no step of this one moves.
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    },
  };
}
