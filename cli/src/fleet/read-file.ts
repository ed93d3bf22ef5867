import {
  type Document,
  isMap,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import type { z } from "zod";
import { Failure } from "../exit.ts";
import { nearest } from "../find/named.ts";
import { fleetSchema } from "./schema.ts";

/** Something that is wrong in a file, and the path of what it is about. */
export interface Mistake {
  path: readonly PropertyKey[];
  message: string;
}

/** A file that was understood, and a way to say where in it something stands. */
interface ReadFile<Data> {
  data: Data;
  /** A sentence for these mistakes, each with its line and column. */
  failure(mistakes: Mistake[]): Failure;
}

const mostShown = 20;

/** Reads a fleet's file. @throws {Failure} as `readYaml` does */
export function readFleet(text: string, name: string) {
  const { data: fleet, failure } = readYaml(text, name, fleetSchema);
  return { fleet, failure };
}

/**
 * Reads a file of YAML, and so of JSON.
 * @param name how it is called in messages
 * @throws {Failure} with line and column of everything that is wrong
 */
export function readYaml<Schema extends z.ZodType>(
  text: string,
  name: string,
  schema: Schema,
): ReadFile<z.output<Schema>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const failure = (places: [number, string][]) => {
    const shown = places
      .sort(([a], [b]) => a - b)
      .slice(0, mostShown)
      .map(([offset, message]) => `${at(offset)}: ${message}`);
    const more = places.length - shown.length;
    return new Failure(shown.join("\n") + (more > 0 ? `\nand ${more} more` : ""));
  };
  if (document.errors.length > 0) {
    throw failure(document.errors.map(({ pos, message }) => [pos[0], message]));
  }
  const hidden = namesThatHide(document);
  if (hidden.length > 0) throw failure(hidden);
  const place = (path: readonly PropertyKey[]) => offsetOf(document.contents, path);
  const parsed = schema.safeParse(dataOf(document, name) ?? {});
  if (!parsed.success) {
    throw failure(
      parsed.error.issues.flatMap((issue) =>
        mistakesOf(issue, schema).map(({ path, message }): [number, string] => [
          place(path),
          `${path.join(".") || "the file"}: ${message}`,
        ]),
      ),
    );
  }
  return {
    data: parsed.data,
    failure: (mistakes) =>
      failure(mistakes.map(({ path, message }) => [place(path), `${path.join(".")}: ${message}`])),
  };
}

/** `__proto__` would be passed over in silence, and with it what stands below it. */
function namesThatHide(document: Document): [number, string][] {
  const found: [number, string][] = [];
  visit(document, {
    Pair(_, { key }) {
      if (!isScalar(key) || key.value !== "__proto__") return;
      found.push([key.range?.[0] ?? 0, "__proto__: nothing can have this name here"]);
    },
  });
  return found;
}

/** @throws {Failure} for aliases that would make a small file a huge one */
function dataOf(document: Document, name: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new Failure(`${name}: ${(error as Error).message}`);
  }
}

type Issue = z.core.$ZodIssue;

/** An unknown key is a mistake at the key itself. */
function mistakesOf(issue: Issue, schema: z.ZodType): Mistake[] {
  if (issue.code !== "unrecognized_keys") {
    return [{ path: issue.path, message: issue.message.replace(/^Invalid input: /, "") }];
  }
  const known = knownKeys(issue.path, schema);
  return issue.keys.map((key) => {
    const alike = nearest(key, known);
    const hint = alike
      ? `; did you mean "${alike}"?`
      : known.length > 0
        ? `; there are: ${known.join(", ")}`
        : "";
    return { path: [...issue.path, key], message: `is not known here${hint}` };
  });
}

/** The keys that a schema has at a path. */
function knownKeys(path: readonly PropertyKey[], whole: z.ZodType): string[] {
  let schema: unknown = whole;
  for (const part of path) schema = inside(unwrapped(schema), part);
  const { shape } = (unwrapped(schema) ?? {}) as { shape?: object };
  return shape ? Object.keys(shape) : [];
}

interface Definition {
  innerType?: unknown;
  valueType?: unknown;
  element?: unknown;
}

function unwrapped(schema: unknown): unknown {
  let inner = schema;
  for (;;) {
    const { innerType } = (inner as { def?: Definition } | undefined)?.def ?? {};
    if (innerType === undefined) return inner;
    inner = innerType;
  }
}

function inside(schema: unknown, part: PropertyKey): unknown {
  const { shape, def } = (schema ?? {}) as {
    shape?: Record<PropertyKey, unknown>;
    def?: Definition;
  };
  return shape?.[part] ?? def?.valueType ?? def?.element;
}

/** Where the value at a path begins; for a key that is not known, where that key does. */
function offsetOf(root: Node | null, path: readonly PropertyKey[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(part),
      );
      if (!isPair(pair)) return offset;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else {
      node = (node as { items?: unknown[] } | null)?.items?.[Number(part)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    }
  }
  return offset;
}
