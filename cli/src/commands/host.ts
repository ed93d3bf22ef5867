import type { Command } from "commander";
import { type HostCommand, hostProgram, runHostProgram } from "../host/on-this-machine.ts";
import type { Making } from "./command.ts";

// In the bundle it is known; a single executable stands beside what it was installed with.
const ownFile = typeof __filename === "string" ? __filename : (process.argv[1] ?? ".");

const commands: [HostCommand, string][] = [
  ["backup", "Write a backup of the control plane's database (where it is installed)"],
  ["restore", "Put a backup in place (where the control plane is installed)"],
  ["rotate-key", "Put a new master key in place (where the control plane is installed)"],
];

/** The commands that are programs of the control plane; what follows is theirs to understand. */
export function addHost(program: Command, { io, endWith }: Making): void {
  for (const [name, description] of commands) {
    program
      .command(name)
      .description(description)
      .argument("[arguments...]", "what that program takes; `--help` shows it")
      .allowUnknownOption()
      .helpOption(false)
      .action(async (args: string[]) => {
        const path = hostProgram(name, io.env, ownFile);
        endWith(await runHostProgram(path, args, io.env));
      });
  }
}
