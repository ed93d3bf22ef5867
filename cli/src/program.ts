import { Command, CommanderError } from "commander";
import { addApprovals } from "./commands/approvals.ts";
import type { Making } from "./commands/command.ts";
import { addCompletion } from "./commands/completion.ts";
import { addDeploy } from "./commands/deploy.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addFleet } from "./commands/fleet.ts";
import { addFreeze } from "./commands/freeze.ts";
import { addHooks } from "./commands/hooks.ts";
import { addHost } from "./commands/host.ts";
import { addLists } from "./commands/lists.ts";
import { addLogin } from "./commands/login.ts";
import { addLogs } from "./commands/logs.ts";
import { addPlans } from "./commands/plans.ts";
import { addPromote } from "./commands/promote.ts";
import { addPrune } from "./commands/prune.ts";
import { addReceipts } from "./commands/receipts.ts";
import { addTokens } from "./commands/tokens.ts";
import { type ConnectionOptions, clientOf, targetOf } from "./connection/connection.ts";
import { explain } from "./connection/explain.ts";
import { versionNote } from "./connection/versions.ts";
import { exit, exitCodeOf } from "./exit.ts";
import type { Io } from "./io.ts";
import { painter } from "./terminal/colour.ts";
import { printableText } from "./terminal/text.ts";
import { version } from "./version.ts";

/** The whole command line, with every command. */
export function makeProgram(making: Making): Command {
  const { io } = making;
  const program = new Command("bridgeport")
    .description("Move image digests to Docker services, and see what runs where")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .showHelpAfterError("(add --help for what there is)")
    .exitOverride()
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      getOutHelpWidth: () => io.terminal()?.columns ?? 100,
      getErrHelpWidth: () => io.terminal()?.columns ?? 100,
      getOutHasColors: () => io.colour,
      getErrHasColors: () => io.errorColour,
    });
  addLogin(program, making);
  addDeploy(program, making);
  addPlans(program, making);
  addApprovals(program, making);
  addPromote(program, making);
  addReceipts(program, making);
  addLists(program, making);
  addHooks(program, making);
  addFreeze(program, making);
  addLogs(program, making);
  addPrune(program, making);
  addTokens(program, making);
  addFleet(program, making);
  addDoctor(program, making);
  addHost(program, making);
  addCompletion(program, making);
  program
    .command("version")
    .description("Print the version")
    .option("--json", "print JSON instead of text")
    .action(({ json }: { json?: boolean }) => {
      io.out(json ? `${JSON.stringify({ version })}\n` : `${version}\n`);
    });
  return program;
}

/**
 * Runs one command.
 * @param args what follows the program's name
 * @returns the exit code; what went wrong has been said on stderr by then
 */
export async function run(args: string[], given: Io): Promise<number> {
  const io = shielded(given);
  let code: number = exit.ok;
  let options: ConnectionOptions = {};
  const program = makeProgram({
    io,
    endWith(ended) {
      code = ended;
    },
  });
  program.hook("preAction", (_, command) => {
    options = command.opts<ConnectionOptions>();
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.ok : exit.other;
    const note = await versionNote(error, () => clientOf(targetOf(options, io.env), io));
    const text = [explain(error), note].filter(Boolean).join("\n");
    const ended = exitCodeOf(error);
    const start = ended === exit.interrupted ? "" : `${painter(io.errorColour)("bad", "Error:")} `;
    io.err(`${start}${text}\n`);
    if (io.env.BRIDGEPORT_DEBUG && error instanceof Error) io.err(`${error.stack}\n`);
    return ended;
  }
}

/**
 * Keeps what comes from elsewhere from working the terminal, whatever a command prints: names, messages
 * and addresses are what a control plane, a registry or a container says they are.
 */
function shielded(io: Io): Io {
  return {
    ...io,
    out: (text) => io.out(io.terminal() === null ? text : printableText(text)),
    err: (text) => io.err(printableText(text)),
    ask: (question, options) => io.ask(printableText(question), options),
  };
}
