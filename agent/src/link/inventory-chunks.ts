import type { ContainerReport } from "@bridgeport/proto";

/** Well below the four megabytes that a gRPC receiver takes by default. */
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
    if (current.length > 0 && bytes + size > maxBytes) {
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
