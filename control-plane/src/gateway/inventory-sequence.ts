import { type AgentMessage, type ContainerReport, limits } from "@bridgeport/proto";
import type { InventoryChange } from "../inventory/inventory.ts";

type Reported = Extract<AgentMessage, { kind: "inventory" | "change" }>;

/**
 * What to do about a report: write it, ask for everything because something was missed, or give up
 * on an agent that reports more containers than a server may have.
 */
export type InventoryStep =
  | { kind: "write"; change: InventoryChange }
  | { kind: "request" }
  | { kind: "too_many" };

// A stream that never completes its inventory must not fill the memory.
const mostHeld = 10_000;
const mostHeldBytes = 64 * 1024 * 1024;

interface Collected {
  sequence: number;
  chunks: number;
  /** the last chunk is not there in all its parts */
  within: boolean;
  containers: ContainerReport[];
}

/**
 * Puts one stream's reports in order: chunks into one complete inventory, changes after it by
 * their numbers. After a gap nothing is believed until a complete inventory has come, and what
 * came meanwhile follows it. Each message comes with its length on the wire; a long one may come in
 * parts, which share their chunk's number, and of which all but the last are followed by more.
 */
export function inventorySequence(): (
  message: Reported,
  bytes: number,
  more?: boolean,
) => InventoryStep[] {
  /** the number of the last change that is included; null: a complete inventory is awaited */
  let at: number | null = null;
  /** a complete inventory was asked for, and none has begun since */
  let asked = false;
  let collecting: Collected | null = null;
  let held: Extract<Reported, { kind: "change" }>[] = [];
  /** of what was collected and held since the last complete inventory */
  let heldBytes = 0;

  /** Once, however much of what cannot be used is still on its way. */
  function request(): InventoryStep[] {
    if (asked) return [];
    asked = true;
    return [{ kind: "request" }];
  }

  function takeChange(message: Extract<Reported, { kind: "change" }>): InventoryStep[] {
    if (at === null || collecting !== null) {
      if (held.length < mostHeld) held.push(message);
      return [];
    }
    if (message.sequence <= at) return [];
    if (message.sequence > at + 1) {
      at = null;
      held = [message];
      return request();
    }
    at = message.sequence;
    const { change } = message;
    return [
      {
        kind: "write",
        change:
          "upsert" in change
            ? { kind: "upsert", container: change.upsert }
            : { kind: "removed", id: change.removedId },
      },
    ];
  }

  function takeInventory(
    message: Extract<Reported, { kind: "inventory" }>,
    more: boolean,
  ): InventoryStep[] {
    if (message.chunk === 0 && !collecting?.within) {
      asked = false;
      collecting = { sequence: message.sequence, chunks: 0, within: false, containers: [] };
    }
    if (collecting === null || collecting.chunks !== message.chunk) {
      collecting = null;
      at = null;
      return request();
    }
    // Chunks without containers count, too: a list of them without end is no inventory.
    const room = limits.containers - collecting.containers.length;
    if (message.containers.length > room || collecting.chunks > limits.containers) {
      collecting = null;
      at = null;
      return [{ kind: "too_many" }];
    }
    collecting.containers.push(...message.containers);
    collecting.within = more;
    if (more) return [];
    collecting.chunks++;
    if (!message.last) return [];
    const { sequence, containers } = collecting;
    collecting = null;
    at = sequence;
    const later = held;
    held = [];
    heldBytes = 0;
    return [
      { kind: "write", change: { kind: "complete", containers } },
      ...later.flatMap(takeChange),
    ];
  }

  return (message, bytes, more = false) => {
    if (message.kind === "inventory" || at === null || collecting !== null) heldBytes += bytes;
    if (heldBytes > mostHeldBytes) return [{ kind: "too_many" }];
    return message.kind === "change" ? takeChange(message) : takeInventory(message, more);
  };
}
