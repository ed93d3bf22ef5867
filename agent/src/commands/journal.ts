import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import type { Command, CommandBody, CommandKind, CommandResult } from "@bridgeport/proto";
import { type JournalEntry, type JournalPhase, keptAfterAckMs } from "../command.ts";
import type { Logger } from "../log.ts";
import { appendDurably, syncDirectory, writeDurably } from "../state/durable-file.ts";
import { formatRecord, type ParsedJournal, parseJournal } from "./journal-format.ts";

const dayMs = 24 * 60 * 60 * 1000;
/** After this time the control plane will not ask for a result that it has not acknowledged. */
const keptWithoutAckMs = 30 * dayMs;

/**
 * Commands that change nothing, and that no other command waits for: their entries are removed as soon as
 * the result is acknowledged.
 */
const removedOnAck: ReadonlySet<CommandKind> = new Set<CommandKind>(["logs", "prune_estimate"]);

/** A command that waits for a probe is on its way when that has its result. */
const probeKeptMs = 60 * 60 * 1000;

/** What is known of a command without reading its file. */
export interface JournalSummary {
  commandId: string;
  kind: CommandKind;
  acceptedAt: number;
  finishedAt: number | null;
  /** null: it has no outcome yet */
  succeeded: boolean | null;
  acknowledged: boolean;
  /** the command came with credentials, which are not in the journal */
  credentialsRemoved: boolean;
  /** the command that this one cancels or undoes */
  targetId: string | null;
}

/**
 * Every command that this agent accepted, in a file of its own: the command, the phases it went
 * through, its result, and whether that was acknowledged. What a method has written when it resolves
 * survives a power cut. A file that cannot be read is renamed and reported in the log.
 */
export class Journal {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #index = new Map<string, JournalSummary>();
  /** commands that cancel or undo another one, by the id of that one */
  readonly #targets = new Map<string, JournalSummary>();
  /** results that could not be written down yet, as when the disk is full */
  readonly #unwritten = new Map<string, CommandResult>();
  /** the last write to each file: the next one waits for it */
  readonly #writes = new Map<string, Promise<void>>();

  private constructor(directory: string, log: Logger) {
    this.#directory = directory;
    this.#log = log;
  }

  /** Reads the journal in `directory`, which is created if it is missing. */
  static async open(directory: string, log: Logger): Promise<Journal> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const journal = new Journal(directory, log);
    for (const file of await readdir(directory)) await journal.#load(file);
    return journal;
  }

  has(commandId: string): boolean {
    return this.#index.has(commandId);
  }

  summary(commandId: string): JournalSummary | null {
    return this.#index.get(commandId) ?? null;
  }

  /** Commands without a result, oldest first. */
  unfinished(): JournalSummary[] {
    return [...this.#index.values()]
      .filter((one) => one.finishedAt === null)
      .sort((a, b) => a.acceptedAt - b.acceptedAt);
  }

  /** Ids of commands whose result has not been acknowledged, oldest first. */
  unacknowledged(): string[] {
    return [...this.#index.values()]
      .filter((one) => one.finishedAt !== null && !one.acknowledged)
      .sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0))
      .map((one) => one.commandId);
  }

  /** The command that cancels or undoes this one, if the agent has received such a command. */
  undoneBy(commandId: string): JournalSummary | null {
    return this.#targets.get(commandId) ?? null;
  }

  /** Whether a command has succeeded; null where it has no outcome yet, or is not known. */
  succeeded(commandId: string): boolean | null {
    return this.#index.get(commandId)?.succeeded ?? null;
  }

  async entry(commandId: string): Promise<JournalEntry | null> {
    return (await this.#read(commandId))?.entry ?? null;
  }

  async result(commandId: string): Promise<CommandResult | null> {
    return this.#unwritten.get(commandId) ?? (await this.#read(commandId))?.result ?? null;
  }

  /** Writes a new command down, without its credentials. */
  async accept(command: Command, acceptedAt: number): Promise<void> {
    const body = withoutCredentials(command.body);
    const entry: JournalEntry = {
      commandId: command.id,
      body,
      deadlineAt: command.deadlineAt,
      acceptedAt,
      ...(command.after?.length ? { after: command.after } : {}),
      ...(command.planId ? { planId: command.planId } : {}),
      phases: [],
    };
    const credentialsRemoved = body !== command.body;
    const line = formatRecord({ record: "command", entry, credentialsRemoved });
    await writeDurably(this.#path(command.id), line);
    this.#add(summarise(entry, null, false, credentialsRemoved));
  }

  /** Writes a phase down; on disk when it resolves. */
  phase(commandId: string, phase: JournalPhase): Promise<void> {
    return this.#append(commandId, formatRecord({ record: "phase", phase }));
  }

  /**
   * Writes the result down; `succeeded` tells it at once. A second result for a command is a bug. One that
   * cannot be written is kept in memory, and written with its acknowledgement: without it the next start would
   * go on with the command, whose plan may be over by then.
   */
  async finish(result: CommandResult): Promise<void> {
    const known = this.#index.get(result.commandId);
    if (known === undefined || known.finishedAt !== null) {
      throw new Error(`The journal takes one result for an accepted command (${result.commandId})`);
    }
    known.succeeded = result.outcome.ok;
    try {
      await this.#append(result.commandId, formatRecord({ record: "result", result }));
    } catch (error) {
      this.#unwritten.set(result.commandId, result);
      throw error;
    } finally {
      known.finishedAt = result.finishedAt;
    }
  }

  /**
   * Notes that the control plane has the result. Unknown commands and repetitions do nothing. What cannot be
   * noted counts as not acknowledged, so that the result is sent, and acknowledged, again.
   */
  async acknowledge(commandId: string, at: number): Promise<void> {
    const known = this.#index.get(commandId);
    if (known === undefined || known.finishedAt === null || known.acknowledged) return;
    known.acknowledged = true;
    try {
      if (removedOnAck.has(known.kind)) await this.#remove(known);
      else await this.#noteAcknowledged(commandId, at);
    } catch (error) {
      known.acknowledged = false;
      throw error;
    }
  }

  async #noteAcknowledged(commandId: string, at: number): Promise<void> {
    const result = this.#unwritten.get(commandId);
    if (result !== undefined) {
      await this.#append(commandId, formatRecord({ record: "result", result }));
      this.#unwritten.delete(commandId);
    }
    await this.#append(commandId, formatRecord({ record: "acknowledged", at }));
  }

  /** Removes entries that have been kept long enough. */
  async sweep(now: number): Promise<void> {
    for (const one of [...this.#index.values()]) {
      if (one.finishedAt === null) continue;
      const keptAcknowledgedMs = one.kind === "probe" ? probeKeptMs : keptAfterAckMs;
      const keptMs = one.acknowledged ? keptAcknowledgedMs : keptWithoutAckMs;
      if (now - one.finishedAt > keptMs) await this.#remove(one);
    }
  }

  async #load(file: string): Promise<void> {
    const path = join(this.#directory, file);
    if (file.endsWith(".tmp")) {
      // A crash interrupted the write of a new entry: the command had not been accepted.
      await rm(path, { force: true });
      return;
    }
    if (!file.endsWith(".jsonl")) return;
    const text = await readFile(path, "utf8");
    const parsed = parseJournal(text);
    if (parsed === null || this.#fileName(parsed.entry.commandId) !== file) {
      await this.#setAside(file);
      return;
    }
    const completeBytes = Buffer.byteLength(text.slice(0, parsed.completeLength));
    // The agent died while it wrote the last line; what that line announced had not begun.
    if (parsed.completeLength < text.length) await truncate(path, completeBytes);
    this.#add(
      summarise(parsed.entry, parsed.result, parsed.acknowledged, parsed.credentialsRemoved),
    );
  }

  async #setAside(file: string): Promise<void> {
    const aside = `${file}.unreadable-${Date.now()}`;
    await rename(join(this.#directory, file), join(this.#directory, aside));
    await syncDirectory(this.#directory);
    this.#log.error(
      "A journal file cannot be read and was set aside: if a deploy was under way on this server, check its container",
      { file: join(this.#directory, aside) },
    );
  }

  async #read(commandId: string): Promise<ParsedJournal | null> {
    if (!this.#index.has(commandId)) return null;
    await this.#writes.get(commandId);
    const parsed = parseJournal(await readFile(this.#path(commandId), "utf8"));
    if (parsed !== null) return parsed;
    await this.#setAside(this.#fileName(commandId));
    this.#drop(commandId);
    return null;
  }

  #append(commandId: string, line: string): Promise<void> {
    const before = this.#writes.get(commandId) ?? Promise.resolve();
    const write = before.then(() => appendDurably(this.#path(commandId), line));
    const settled = write.catch(() => {});
    this.#writes.set(commandId, settled);
    void settled.then(() => {
      if (this.#writes.get(commandId) === settled) this.#writes.delete(commandId);
    });
    return write;
  }

  async #remove(one: JournalSummary): Promise<void> {
    this.#drop(one.commandId);
    await this.#writes.get(one.commandId);
    // Not synced: a file that a crash brings back is swept again.
    await rm(this.#path(one.commandId), { force: true });
  }

  #add(one: JournalSummary): void {
    this.#index.set(one.commandId, one);
    if (one.targetId !== null) this.#targets.set(one.targetId, one);
  }

  #drop(commandId: string): void {
    const one = this.#index.get(commandId);
    this.#index.delete(commandId);
    this.#unwritten.delete(commandId);
    if (one?.targetId != null) this.#targets.delete(one.targetId);
  }

  #path(commandId: string): string {
    return join(this.#directory, this.#fileName(commandId));
  }

  #fileName(commandId: string): string {
    if (/^[A-Za-z0-9-]{1,80}$/.test(commandId)) return `${commandId}.jsonl`;
    return `h_${createHash("sha256").update(commandId).digest("hex")}.jsonl`;
  }
}

function summarise(
  entry: JournalEntry,
  result: CommandResult | null,
  acknowledged: boolean,
  credentialsRemoved: boolean,
): JournalSummary {
  const { body } = entry;
  return {
    commandId: entry.commandId,
    kind: body.kind,
    acceptedAt: entry.acceptedAt,
    finishedAt: result?.finishedAt ?? null,
    succeeded: result?.outcome.ok ?? null,
    acknowledged,
    credentialsRemoved,
    targetId:
      body.kind === "cancel" ? body.commandId : body.kind === "rollback" ? body.runCommandId : null,
  };
}

function withoutCredentials(body: CommandBody): CommandBody {
  return "credentials" in body && body.credentials !== null ? { ...body, credentials: null } : body;
}
