import type { Argument, Command, Option } from "commander";

/** What a word can be that is not known from the commands alone. */
export const wordKinds = ["image", "service", "server", "environment", "context", "plan"] as const;
export type WordKind = (typeof wordKinds)[number];

/** What the last word of a line can become. */
export interface Candidates {
  words: string[];
  /** names of this kind too */
  kind: WordKind | null;
}

/**
 * What can stand in place of the last word of a line.
 * @param words what follows the program's name; the last one is being written, and may be empty
 */
export function candidates(program: Command, words: string[]): Candidates {
  const current = words.at(-1) ?? "";
  let command = program;
  let position = 0;
  let pending: Option | null = null;
  for (const word of words.slice(0, -1)) {
    if (pending) pending = null;
    else if (word.startsWith("-")) pending = valueOption(command, word);
    else {
      const next = command.commands.find((one) => one.name() === word);
      if (next) command = next;
      else position += 1;
    }
  }
  if (pending) return { words: pending.argChoices ?? [], kind: kindOf(pending.attributeName()) };
  if (current.startsWith("-")) {
    const flags = command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : []));
    return { words: [...flags, "--help"].filter((flag) => flag.startsWith(current)), kind: null };
  }
  const names = position === 0 ? command.commands.filter(isShown).map((one) => one.name()) : [];
  const taken: Argument | undefined =
    command.registeredArguments[position] ??
    command.registeredArguments.find(({ variadic }) => variadic);
  return {
    words: [...names, ...(taken?.argChoices ?? [])].filter((name) => name.startsWith(current)),
    kind: taken ? kindOf(taken.name()) : null,
  };
}

/** The option that a word names and whose value comes next; null where none is missing. */
function valueOption(command: Command, word: string): Option | null {
  const option = command.options.find(({ short, long }) => word === short || word === long);
  return option && (option.required || option.optional) ? option : null;
}

function isShown(command: Command): boolean {
  return !command.name().startsWith("__");
}

function kindOf(name: string): WordKind | null {
  return wordKinds.find((kind) => kind === name) ?? null;
}
