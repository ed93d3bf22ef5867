import type {
  Observation__Output,
  Observation as WireObservation,
} from "../generated/bridgeport/agent/v1/Observation.ts";
import { textLimits } from "../limits.ts";
import type { Observation } from "../messages.ts";
import { healthState } from "./enums.ts";
import { text } from "./values.ts";

/** What was seen of a container before a command, and after it. */
export interface Observed {
  before?: Observation | null;
  after?: Observation | null;
}

export function encodeObserved({ before, after }: Observed): {
  before?: WireObservation;
  after?: WireObservation;
} {
  return {
    ...(before ? { before: encode(before) } : {}),
    ...(after ? { after: encode(after) } : {}),
  };
}

/** Leaves out what the agent did not tell. */
export function decodeObserved(wire: {
  before: Observation__Output | null;
  after: Observation__Output | null;
}): Observed {
  return {
    ...(wire.before ? { before: decode(wire.before) } : {}),
    ...(wire.after ? { after: decode(wire.after) } : {}),
  };
}

function encode({ exitCode, health, ...observation }: Observation): WireObservation {
  return {
    ...observation,
    health: healthState.encode(health),
    ...(exitCode === null ? {} : { exitCode }),
  };
}

function decode(wire: Observation__Output): Observation {
  return {
    containerId: text(wire.containerId, textLimits.id),
    imageId: text(wire.imageId, textLimits.id),
    running: wire.running,
    health: healthState.decode(wire.health) ?? "unknown",
    name: text(wire.name),
    exitCode: wire.exitCode ?? null,
  };
}
