import { type Cursor, lengthOf, varint } from "./fields.ts";
import { weighAgentMessage } from "./weigh.ts";

// Of agent.proto: AgentMessage.inventory and Inventory.containers, as fields with a length.
const inventoryTag = (2 << 3) | 2;
const containersTag = (4 << 3) | 2;

/** So many containers are decoded together: a few milliseconds, in which nothing else is done. */
const containersTogether = 200;

/**
 * An inventory of many containers as several of a few, of the same chunk, so that decoding one does
 * not hold everything else up. What is no such inventory, or may not be decoded, stays as it is.
 * @returns encoded messages, in their order; at least one
 */
export function inventoryParts(bytes: Buffer, most = containersTogether): Buffer[] {
  if (!weighAgentMessage(bytes).ok) return [bytes];
  const cursor: Cursor = { at: 0 };
  const tag = varint(bytes, cursor, bytes.length);
  const length = lengthOf(bytes, cursor, bytes.length, tag & 7);
  if (tag !== inventoryTag || length === null || cursor.at + length !== bytes.length) {
    return [bytes];
  }
  const head: Buffer[] = [];
  const containers: Buffer[] = [];
  while (cursor.at < bytes.length) {
    const start = cursor.at;
    const field = varint(bytes, cursor, bytes.length);
    const valueLength = lengthOf(bytes, cursor, bytes.length, field & 7) ?? 0;
    cursor.at += valueLength;
    (field === containersTag ? containers : head).push(bytes.subarray(start, cursor.at));
  }
  const parts: Buffer[] = [];
  for (let from = 0; from < containers.length; from += most) {
    parts.push(inventory([...head, ...containers.slice(from, from + most)]));
  }
  return parts.length > 1 ? parts : [bytes];
}

function inventory(fields: Buffer[]): Buffer {
  const body = Buffer.concat(fields);
  const start = [inventoryTag];
  let rest = body.length;
  for (; rest > 0x7f; rest >>>= 7) start.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...start, rest]), body]);
}
