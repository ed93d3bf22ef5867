import type { Io } from "./io.ts";
import { run } from "./program.ts";

/** What a command said, and how it ended. */
export interface Ran {
  code: number;
  out: string;
  err: string;
  requests: Request[];
  /** what it asked on the terminal */
  asked: string[];
}

/** Runs a command against a control plane that answers like this; no terminal unless one is given. */
export async function runWith(
  args: string[],
  answer: (request: Request) => Response | Promise<Response>,
  more: {
    env?: Io["env"];
    stdin?: string;
    answers?: string[];
    terminal?: { columns: number; rows: number };
  } = {},
): Promise<Ran> {
  const ran: Ran = { code: 0, out: "", err: "", requests: [], asked: [] };
  const answers = [...(more.answers ?? [])];
  const io: Io = {
    out(text) {
      ran.out += text;
    },
    err(text) {
      ran.err += text;
    },
    raw(text, to = "stdout") {
      if (to === "stdout") ran.out += text;
      else ran.err += text;
    },
    env: {
      BRIDGEPORT_URL: "http://127.0.0.1:3000",
      BRIDGEPORT_TOKEN: "token",
      BRIDGEPORT_CONFIG: "/nonexistent/config.json",
      ...more.env,
    },
    terminal: () => more.terminal ?? null,
    colour: false,
    errorColour: false,
    canAsk: answers.length > 0,
    async ask(question) {
      ran.asked.push(question);
      return answers.shift() ?? "";
    },
    readStdin: async () => more.stdin ?? "",
    interruptible: (work) => work(new AbortController().signal),
    async fetch(request) {
      ran.requests.push(request);
      return answer(request);
    },
  };
  ran.code = await run(args, io);
  return ran;
}
