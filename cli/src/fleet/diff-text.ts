import type { Paint } from "../terminal/colour.ts";
import { printable } from "../terminal/text.ts";
import type { Item } from "./items.ts";
import type { Change, FieldChange } from "./plan-changes.ts";
import { describe } from "./secrets.ts";

const looks = { create: ["good", "+"], update: ["warn", "~"], delete: ["bad", "-"] } as const;

/** "registry production / ghcr" */
export function itemName({ kind, at }: Item): string {
  return [kind, at.map(printable).join(" / ")].filter(Boolean).join(" ");
}

/** The changes as text: a line for each thing, and one for each of its fields. */
export function diffText(changes: Change[], paint: Paint): string {
  if (changes.length === 0) return "There is nothing to change.";
  const lines = changes.flatMap((change) => [
    changeLine(change, paint),
    ...change.fields
      .filter(isTold(change))
      .map((field) => `    ${fieldText(field, change.action)}`),
  ]);
  return [...lines, "", summary(changes)].join("\n");
}

/** "+ registry production / ghcr" */
export function changeLine({ action, item }: Change, paint: Paint): string {
  const [tone, sign] = looks[action];
  return paint(tone, `${sign} ${itemName(item)}`);
}

/** "2 to create, 1 to change, 0 to delete" */
export function summary(changes: Change[]): string {
  const count = (action: Change["action"]) =>
    changes.filter((change) => change.action === action).length;
  return `${count("create")} to create, ${count("update")} to change, ${count("delete")} to delete`;
}

/** Of what is created only what is set to something. */
function isTold({ action }: Change) {
  return ({ to }: FieldChange) => action !== "create" || !isNothing(to);
}

function isNothing(value: unknown): boolean {
  return (
    value === null ||
    value === false ||
    (typeof value === "object" && Object.keys(value).length === 0)
  );
}

function fieldText({ field, from, to, secret }: FieldChange, action: Change["action"]): string {
  const target = secret && to !== null ? `from ${describe(to as never)}` : shown(to);
  return action === "create" ? `${field}: ${target}` : `${field}: ${shown(from)} → ${target}`;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "none";
  return printable(typeof value === "string" ? value : JSON.stringify(value));
}
