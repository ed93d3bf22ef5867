import type { CommandResult } from "@bridgeport/proto";
import type { JournalEntry, JournalPhase } from "../command.ts";

/**
 * A journal file is lines of JSON. The first is the command, written when the file is created;
 * the others are appended one by one as things happen.
 */
export type JournalRecord =
  | { record: "command"; entry: JournalEntry; credentialsRemoved: boolean }
  | { record: "phase"; phase: JournalPhase }
  | { record: "result"; result: CommandResult }
  | { record: "acknowledged"; at: number };

export interface ParsedJournal {
  entry: JournalEntry;
  credentialsRemoved: boolean;
  result: CommandResult | null;
  acknowledged: boolean;
  /** characters up to the end of the last complete line; what follows was cut short */
  completeLength: number;
}

export function formatRecord(record: JournalRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/**
 * Reads a journal file. A last line without a line end is ignored, as a crash cut it short. Any other
 * line that {@link formatRecord} would not write makes the whole file unreadable: null.
 */
export function parseJournal(text: string): ParsedJournal | null {
  const completeLength = text.lastIndexOf("\n") + 1;
  const lines = text.slice(0, completeLength).split("\n").slice(0, -1);
  let parsed: ParsedJournal | null = null;
  for (const line of lines) {
    const record = parseRecord(line);
    if (record === null) return null;
    if (record.record === "command") {
      if (parsed !== null) return null;
      parsed = {
        entry: { ...record.entry, phases: [] },
        credentialsRemoved: record.credentialsRemoved,
        result: null,
        acknowledged: false,
        completeLength,
      };
    } else if (parsed === null) {
      return null;
    } else if (record.record === "phase") {
      parsed.entry.phases.push(record.phase);
    } else if (record.record === "result") {
      parsed.result = record.result;
    } else {
      parsed.acknowledged = true;
    }
  }
  return parsed;
}

function parseRecord(line: string): JournalRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  switch (value.record) {
    case "command":
      return isEntry(value.entry) && typeof value.credentialsRemoved === "boolean"
        ? { record: "command", entry: value.entry, credentialsRemoved: value.credentialsRemoved }
        : null;
    case "phase":
      return isPhase(value.phase) ? { record: "phase", phase: value.phase } : null;
    case "result":
      return isResult(value.result) ? { record: "result", result: value.result } : null;
    case "acknowledged":
      return typeof value.at === "number" ? { record: "acknowledged", at: value.at } : null;
    default:
      return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEntry(value: unknown): value is JournalEntry {
  return (
    isObject(value) &&
    typeof value.commandId === "string" &&
    typeof value.acceptedAt === "number" &&
    (value.deadlineAt === null || typeof value.deadlineAt === "number") &&
    isObject(value.body) &&
    typeof value.body.kind === "string"
  );
}

function isPhase(value: unknown): value is JournalPhase {
  return (
    isObject(value) &&
    typeof value.name === "string" &&
    isObject(value.data) &&
    typeof value.at === "number"
  );
}

function isResult(value: unknown): value is CommandResult {
  return (
    isObject(value) &&
    typeof value.commandId === "string" &&
    typeof value.startedAt === "number" &&
    typeof value.finishedAt === "number" &&
    isObject(value.outcome) &&
    typeof value.outcome.ok === "boolean"
  );
}
