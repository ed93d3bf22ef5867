import { distance } from "fastest-levenshtein";
import { Failure } from "../exit.ts";
import { printable } from "../terminal/text.ts";

const mostListed = 10;

/** What can be meant, and by which words: its id, its names, in the order of how exact they are. */
export interface Named<T> {
  value: T;
  /** how it is written in messages, and understood when it is given */
  label: string;
  /** other words for it that must be unique to be understood */
  aliases?: string[];
  id?: string;
}

/**
 * The one that is meant by a text: by id, by label, then by an alias.
 * @throws {Failure} when there is none, with what is alike and what there is; when there are several, with
 *   their labels
 */
export function pick<T>(kind: string, text: string, all: Named<T>[], where = ""): T {
  const ways: ((one: Named<T>) => boolean)[] = [
    ({ id }) => id === text,
    ({ label }) => label === text,
    ({ aliases }) => aliases?.includes(text) ?? false,
  ];
  for (const way of ways) {
    const found = all.filter(way);
    if (found.length === 1 && found[0]) return found[0].value;
    if (found.length > 1) {
      throw new Failure(
        `"${printable(text)}" can mean ${found.length} ${kind}s${where}: ${listed(found)}. Write one of these, or its id.`,
      );
    }
  }
  throw new Failure(notFound(kind, text, all, where));
}

function notFound<T>(kind: string, text: string, all: Named<T>[], where: string): string {
  const start = `There is no ${kind} "${printable(text)}"${where}.`;
  if (all.length === 0) return `There is no ${kind} "${printable(text)}": there are none${where}.`;
  const alike = nearest(
    text,
    all.flatMap(({ label, aliases = [] }) => [label, ...aliases]),
  );
  const guess = alike ? ` Did you mean "${printable(alike)}"?` : "";
  return `${start}${guess} There ${all.length === 1 ? "is" : "are"}: ${listed(all)}.`;
}

/** The word that a mistyped one was probably meant to be. */
export function nearest(text: string, words: string[]): string | null {
  const longer = words.filter((word) => word.startsWith(text));
  if (longer.length === 1 && longer[0]) return longer[0];
  let best: string | null = null;
  let least = Math.min(text.length, Math.max(2, Math.floor(text.length / 3)) + 1);
  for (const word of words) {
    const far = distance(text.toLowerCase(), word.toLowerCase());
    if (far < least) {
      least = far;
      best = word;
    }
  }
  return best;
}

/** By their labels, and by their ids too where labels are the same. */
function listed<T>(all: Named<T>[]): string {
  const count = new Map<string, number>();
  for (const { label } of all) count.set(label, (count.get(label) ?? 0) + 1);
  const labels = all
    .map(({ label, id }) =>
      printable(id !== undefined && (count.get(label) ?? 0) > 1 ? `${label} (${id})` : label),
    )
    .sort();
  const more = labels.length - mostListed;
  return labels.slice(0, mostListed).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
