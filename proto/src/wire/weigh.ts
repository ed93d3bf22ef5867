import { limits } from "../limits.ts";
import { type Cursor, lengthOf, varint } from "./fields.ts";

/*
 * Looks at an agent's encoded message without making a single object of it: an empty container is
 * two bytes on the wire and more than a thousand in memory.
 */

/** The fields of a message that are messages themselves. */
interface Shape {
  readonly [field: number]: Shape;
}
const leaf: Shape = {};
const container: Shape = { 13: leaf, 14: leaf };
const inventory: Shape = { 4: container };
const agentMessage: Shape = {
  1: { 4: leaf },
  2: inventory,
  3: { 2: container },
  4: leaf,
  7: {
    3: { 6: leaf, 7: leaf },
    10: leaf,
    11: { 7: leaf, 11: leaf, 12: leaf },
    12: { 5: leaf, 6: leaf },
    18: { 1: leaf },
    20: leaf,
    21: leaf,
  },
  8: { 2: leaf },
};
const resultField = 7;

export type Weighed =
  | { ok: true }
  /** @param reason a sentence for the agent's log; `resultOf`: the command whose result is refused */
  | { ok: false; reason: string; resultOf: string | null };

/** Whether an agent's message may be decoded. Takes time in proportion to its bytes, and no memory. */
export function weighAgentMessage(bytes: Uint8Array): Weighed {
  if (bytes.length > limits.messageBytes) {
    return refused(
      `a message has ${bytes.length} bytes, and ${limits.messageBytes} are taken: update this agent`,
      resultIn(bytes),
    );
  }
  const seen = { elements: 0, containers: 0 };
  const reason = weigh(bytes, 0, bytes.length, agentMessage, seen);
  return reason === null ? { ok: true } : refused(reason, resultIn(bytes));
}

function refused(reason: string, resultOf: string | null): Weighed {
  return { ok: false, reason, resultOf };
}

const malformed = "a message cannot be read";

/** @returns why not; null: it may be decoded */
function weigh(
  bytes: Uint8Array,
  start: number,
  end: number,
  shape: Shape,
  seen: { elements: number; containers: number },
): string | null {
  const at: Cursor = { at: start };
  while (at.at < end) {
    const tag = varint(bytes, at, end);
    const length = lengthOf(bytes, at, end, tag & 7);
    if (length === null) return malformed;
    const next = at.at + length;
    if ((tag & 7) === 2) {
      seen.elements += 1;
      if (seen.elements > limits.messageElements) {
        return `a message has more than ${limits.messageElements} values`;
      }
      const inner = shape[tag >>> 3];
      if (inner === container) {
        seen.containers += 1;
        if (seen.containers > limits.containersInMessage) {
          return `a message has more than ${limits.containersInMessage} containers`;
        }
      }
      const reason = inner === undefined ? null : weigh(bytes, at.at, next, inner, seen);
      if (reason !== null) return reason;
    }
    at.at = next;
  }
  return null;
}

/** The command that a message has the result of. */
function resultIn(bytes: Uint8Array): string | null {
  const result = fieldOf(bytes, 0, bytes.length, resultField);
  const id = result && fieldOf(bytes, result.start, result.end, 1);
  if (!id || id.end - id.start > 100) return null;
  return Buffer.from(bytes.subarray(id.start, id.end)).toString("latin1");
}

/** Where the first value of a field with a length is. Looks at a few fields only: ids come first. */
function fieldOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  field: number,
): { start: number; end: number } | null {
  const cursor: Cursor = { at: start };
  for (let fields = 0; fields < 20 && cursor.at < end; fields += 1) {
    const tag = varint(bytes, cursor, end);
    const length = lengthOf(bytes, cursor, end, tag & 7);
    if (length === null) return null;
    if (tag >>> 3 === field && (tag & 7) === 2) {
      return { start: cursor.at, end: cursor.at + length };
    }
    cursor.at += length;
  }
  return null;
}
