import type { CommandResult } from "@bridgeport/proto";
import type { CommandOutcome } from "../commands/commands.store.ts";
import { notKeptSentence, readRecordedSpec } from "../services/recorded-spec.ts";

/** What an agent answered, without what may not be kept of it: nothing else of the answer is lost. */
export function takenOutcome(outcome: CommandResult["outcome"]): CommandOutcome {
  if (!outcome.ok || outcome.body.kind !== "run" || outcome.body.spec === null) return outcome;
  const read = readRecordedSpec(outcome.body.spec);
  return read.ok
    ? { ok: true, body: { ...outcome.body, spec: read.spec } }
    : { ok: true, body: { ...outcome.body, spec: null }, note: notKeptSentence(read.why) };
}
