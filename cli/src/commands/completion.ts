import { Argument, type Command } from "commander";
import { candidates, type WordKind } from "../completion/candidates.ts";
import { type Shell, scripts, shells } from "../completion/scripts.ts";
import { readConfig } from "../connection/config-file.ts";
import { everyService } from "../find/resources.ts";
import type { Io } from "../io.ts";
import { printable } from "../terminal/text.ts";
import { type Common, type Making, speak } from "./command.ts";

export function addCompletion(program: Command, { io }: Making): void {
  program
    .command("completion")
    .addArgument(new Argument("<shell>", "your shell").choices(shells))
    .description("Print what a shell reads to complete commands and names")
    .action((shell: Shell) => io.out(scripts[shell]));

  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[]) => {
      const { words: fixed, kind } = candidates(program, words);
      const names = kind === null ? [] : await namesOf(kind, optionsOf(words), io);
      const current = words.at(-1) ?? "";
      const found = [...fixed, ...names].filter((name) => name.startsWith(current));
      // A line each: what has line ends in it is no name to write.
      io.out(found.map((name) => `${printable(name)}\n`).join(""));
    });
}

/** The names of a kind; none where the control plane does not answer: a shell shows no error. */
async function namesOf(kind: WordKind, options: Common, io: Io): Promise<string[]> {
  try {
    if (kind === "context") return Object.keys(readConfig(io.env).contexts);
    const { client, environment } = speak(options, io);
    if (kind === "environment") {
      const all = await client.everyRow("/api/environments", "environments");
      return all.map(({ name }) => name);
    }
    const env = await environment();
    const path = { envId: env.id };
    if (kind === "image") {
      const template = "/api/environments/{envId}/container-images";
      const all = await client.everyRow(template, "images", { path });
      return all.flatMap(({ name, imageName }) => [imageName, name]);
    }
    if (kind === "server") {
      const all = await client.everyRow("/api/environments/{envId}/servers", "servers", { path });
      return all.map(({ name }) => name);
    }
    if (kind === "service") {
      const all = await everyService(client, env);
      return all.flatMap(({ name, server }) => [name, `${server.name}/${name}`]);
    }
    const template = "/api/environments/{envId}/deployment-plans";
    const { plans } = await client.get(template, { path, query: { limit: 10 } });
    return ["latest", ...plans.map(({ id }) => id)];
  } catch {
    return [];
  }
}

/** What of the line says which control plane and environment is meant. */
function optionsOf(words: string[]): Common {
  const after = (...names: string[]) => {
    const index = words.findIndex((word) => names.includes(word));
    if (index !== -1) return words[index + 1];
    const joined = names.map((name) => `${name}=`);
    const whole = words.find((word) => joined.some((start) => word.startsWith(start)));
    return whole?.slice(whole.indexOf("=") + 1);
  };
  const given = {
    environment: after("-e", "--environment"),
    context: after("--context"),
    url: after("--url"),
    ca: after("--ca"),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value)) as Common;
}
