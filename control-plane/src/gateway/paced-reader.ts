import type { Readable } from "node:stream";
import { inventoryParts, type ReadAgentMessage, readAgentMessage } from "@bridgeport/proto";

/** Decodes what arrives on one stream at a pace at which other streams are not held up. */
export interface PacedReader {
  arrived(bytes: Buffer): void;
  /** Reads what is there, unless it has to wait. */
  readOn(): void;
  /** Reads nothing more. Whether the stream flows is the caller's from now on. */
  stop(): void;
}

/** What takes at least as long to decode is followed by a rest. */
const dearMs = 2;

/**
 * What took long to decode leaves others three times as long before the next. Long inventories are decoded
 * in parts. The stream is paused while something waits, so that its sender waits, too.
 * @param take gets each message or part: how long it was on the wire, and whether more parts of it follow
 * @param full whether nothing more can be taken at present; `readOn` is called when that is over
 */
export function pacedReader(
  stream: Pick<Readable, "pause" | "resume">,
  take: (read: ReadAgentMessage, bytes: number, more: boolean) => void,
  full: () => boolean,
  decode = readAgentMessage,
): PacedReader {
  const unread: { bytes: Buffer; more: boolean }[] = [];
  let resting: NodeJS.Timeout | undefined;
  let stopped = false;

  function readOn(): void {
    while (!stopped && resting === undefined && !full()) {
      const next = unread.shift();
      if (next === undefined) {
        stream.resume();
        return;
      }
      const before = performance.now();
      const read = decode(next.bytes);
      rest(performance.now() - before);
      take(read, next.bytes.length, next.more);
    }
    if (!stopped) stream.pause();
  }

  function rest(tookMs: number): void {
    if (tookMs < dearMs) return;
    resting = setTimeout(() => {
      resting = undefined;
      readOn();
    }, 3 * tookMs);
  }

  return {
    arrived(bytes) {
      if (stopped) return;
      const parts = inventoryParts(bytes);
      unread.push(...parts.map((part, at) => ({ bytes: part, more: at < parts.length - 1 })));
      readOn();
    },
    readOn,
    stop() {
      stopped = true;
      unread.length = 0;
      clearTimeout(resting);
    },
  };
}
