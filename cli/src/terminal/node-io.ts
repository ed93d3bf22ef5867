import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { exit, Failure } from "../exit.ts";
import type { Io } from "../io.ts";

/** The world as this process has it. */
export function nodeIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // `bridgeport … | head` ends when nobody reads on. What was under way has not succeeded by that.
      if (error.code === "EPIPE") process.exit(exit.unread);
      if (stream !== stderr)
        stderr.write(`Error: The output cannot be written: ${error.message}\n`);
      process.exit(exit.other);
    });
  }
  return {
    out: (said) => void stdout.write(said),
    err: (said) => void stderr.write(said),
    raw: (said, to = "stdout") => void (to === "stdout" ? stdout : stderr).write(said),
    env,
    terminal: () =>
      stdout.isTTY && env.TERM !== "dumb"
        ? // One whose size is not known says that it is 0.
          { columns: stdout.columns || 80, rows: stdout.rows || 24 }
        : null,
    colour: wantsColour(env, stdout.isTTY === true),
    errorColour: wantsColour(env, stderr.isTTY === true),
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    ask,
    readStdin: () => text(stdin),
    async interruptible(work) {
      const interruption = new AbortController();
      const interrupt = () => {
        if (interruption.signal.aborted) process.exit(exit.interrupted);
        interruption.abort(new Failure("Interrupted.", exit.interrupted));
      };
      process.on("SIGINT", interrupt);
      try {
        return await work(interruption.signal);
      } finally {
        process.off("SIGINT", interrupt);
      }
    },
  };

  function ask(question: string, { hidden = false } = {}): Promise<string> {
    if (!stdin.isTTY || !stderr.isTTY) {
      throw new Failure(
        `There is no terminal to ask "${question.trim()}" on. Say it with options; --help shows them.`,
      );
    }
    return new Promise((resolve, reject) => {
      // What is typed is shown by what the interface writes, which goes nowhere while it is hidden.
      const shown = new Writable({
        write(chunk, _encoding, done) {
          if (!hidden) stderr.write(chunk);
          done();
        },
      });
      if (hidden) stderr.write(question);
      const lines = createInterface({ input: stdin, output: shown, terminal: true });
      let answered = false;
      lines.on("SIGINT", () => lines.close());
      lines.on("close", () => {
        if (hidden) stderr.write("\n");
        if (!answered) reject(new Failure("Nothing was answered.", exit.interrupted));
      });
      lines.question(hidden ? "" : question, (answer) => {
        answered = true;
        lines.close();
        resolve(answer);
      });
    });
  }
}

/** NO_COLOR turns colours off, FORCE_COLOR on; otherwise a terminal has them that is not dumb. */
export function wantsColour(
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return isTerminal && env.TERM !== "dumb";
}
