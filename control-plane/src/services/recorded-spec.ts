import type { ContainerSpec } from "@bridgeport/proto";
import { z } from "zod";
import { engineFields } from "./spec-schema.ts";

/*
 * What an agent says that a container was created from. It is kept so that the container can be created
 * again, so it may say no more than a person could have written in the Engine API's words.
 */

export type ReadRecord = { ok: true; spec: ContainerSpec } | { ok: false; why: string };

const mostBytes = 256 * 1024;
const record = z.object(engineFields).partial();

/** Reads a record. Unknown fields and those that say nothing are left out. */
export function readRecordedSpec(said: ContainerSpec): ReadRecord {
  if (Buffer.byteLength(JSON.stringify(said)) > mostBytes) {
    return { ok: false, why: `it is longer than ${mostBytes / 1024} kB` };
  }
  // Engines write null where nothing is set.
  const set = Object.entries(said).filter(([, value]) => value !== null && value !== undefined);
  const read = record.safeParse(Object.fromEntries(set));
  if (read.success) return { ok: true, spec: read.data };
  const [issue] = read.error.issues;
  return { ok: false, why: `its field ${String(issue?.path[0])} is not what that field takes` };
}

/** For people who read what became of a deploy. */
export function notKeptSentence(why: string): string {
  return `What this container was created from is not kept, because ${why}. If the container is ever gone, an earlier record or the service's specification is used to create it.`;
}
