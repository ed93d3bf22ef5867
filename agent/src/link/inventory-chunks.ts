import { type ContainerReport, limits } from "@bridgeport/proto";

/** Well below what one message may have, `limits.messageBytes`. */
const chunkBytes = 512 * 1024;

/** Splits a complete inventory into messages; at least one, so that an empty inventory is reported too. */
export function inventoryChunks(
  containers: readonly ContainerReport[],
  maxBytes = chunkBytes,
): ContainerReport[][] {
  const chunks: ContainerReport[][] = [];
  let current: ContainerReport[] = [];
  let bytes = 0;
  for (const container of containers) {
    // JSON repeats every field's name, so this is more than the message's size on the wire.
    const size = Buffer.byteLength(JSON.stringify(container));
    const full = bytes + size > maxBytes || current.length === limits.containersInMessage;
    if (current.length > 0 && full) {
      chunks.push(current);
      current = [];
      bytes = 0;
    }
    current.push(container);
    bytes += size;
  }
  chunks.push(current);
  return chunks;
}
