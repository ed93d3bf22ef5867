import { randomUUID } from "node:crypto";
import type { CommandBody } from "@bridgeport/proto";
import type { CommandContext, JournalEntry, JournalPhase, Permission } from "../src/command.ts";
import { type Held, holdAll } from "../src/commands/queue.ts";
import type { HostPolicy } from "../src/host-policy.ts";

interface BeginOptions {
  id?: string;
  killAfter?: string;
  signal?: AbortSignal;
  protectedNames?: string[];
  /** default: the owner of the server allows nothing beyond what is there */
  allows?: HostPolicy["allows"];
  /** default: no label protects a container */
  labelRefusal?: HostPolicy["labelRefusal"];
  /** default: no image has to be signed */
  signatureRefusal?: HostPolicy["signatureRefusal"];
  /** default: it need not wait for other commands */
  permission?: Permission;
  /** the command's locks; default: it gets every lock at once, as if no other command ran */
  held?: Held;
}

/** The locks of a command while no other runs: all are granted at once. */
const noOthers: Held = {
  names: [],
  exchangeFor: () => Promise.resolve(),
  withoutSlot: (waiting) => waiting,
};

/** A journal in memory. The process that writes it can be killed at a phase, and started again. */
export class TestJournal {
  readonly entries = new Map<string, JournalEntry>();

  /**
   * Begins a command, or continues that of `id`. With `killAfter`, the process dies when that phase is on
   * disk.
   */
  begin(body: CommandBody, options: BeginOptions = {}): TestContext {
    const id = options.id ?? randomUUID();
    const entry: JournalEntry = this.entries.get(id) ?? {
      commandId: id,
      body,
      deadlineAt: null,
      acceptedAt: Date.now(),
      phases: [],
    };
    this.entries.set(id, entry);
    return new TestContext(this, entry, options);
  }
}

export class TestContext implements CommandContext {
  readonly commandId: string;
  readonly deadlineAt = null;
  readonly signal: AbortSignal;
  readonly permission: Permission | null;
  readonly phases: readonly JournalPhase[];
  readonly messages: string[] = [];
  readonly #protectedNames: readonly string[];
  readonly #allows: HostPolicy["allows"];
  readonly #labelRefusal: HostPolicy["labelRefusal"];
  readonly #signatureRefusal: HostPolicy["signatureRefusal"];
  readonly #journal: TestJournal;
  readonly #entry: JournalEntry;
  readonly #killAfter: string | undefined;
  readonly #held: Held;
  /** Resolves when the process has been killed: from then on it does nothing. */
  readonly killed: Promise<void>;
  #die: () => void = () => undefined;
  #isDead = false;

  async renewCredentials(): Promise<null> {
    return null;
  }

  constructor(
    journal: TestJournal,
    entry: JournalEntry,
    { killAfter, signal, permission, held = noOthers, ...policy }: BeginOptions,
  ) {
    const { protectedNames = [], allows = () => false, labelRefusal = () => null } = policy;
    this.commandId = entry.commandId;
    this.signal = signal ?? new AbortController().signal;
    this.permission = permission ?? null;
    this.phases = structuredClone(entry.phases);
    this.#protectedNames = protectedNames;
    this.#allows = allows;
    this.#labelRefusal = labelRefusal;
    this.#signatureRefusal = policy.signatureRefusal ?? (() => null);
    this.#journal = journal;
    this.#entry = entry;
    this.#killAfter = killAfter;
    this.#held = held;
    this.killed = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  /** The phases so far, by name. */
  get reached(): string[] {
    return this.#entry.phases.map(({ name }) => name);
  }

  async phase(name: string, data: Record<string, unknown> = {}): Promise<void> {
    if (!this.#isDead) {
      this.#entry.phases.push({ name, data: JSON.parse(JSON.stringify(data)), at: Date.now() });
      if (name !== this.#killAfter) return;
    }
    // The command waits here forever, which has the effect of a kill: no later step is done.
    this.#isDead = true;
    this.#die();
    await new Promise(() => undefined);
  }

  progress(message: string): void {
    this.messages.push(message);
  }

  async journalOf(commandId: string): Promise<JournalEntry | null> {
    return structuredClone(this.#journal.entries.get(commandId) ?? null);
  }

  async holding<L>(look: () => Promise<L>, namesOf: (look: L) => readonly string[]): Promise<L> {
    return this.#held === noOthers ? await look() : await holdAll(this.#held, look, namesOf);
  }

  get hostPolicy(): HostPolicy {
    return {
      path: "/etc/bridgeport/agent-policy.yaml",
      ownPaths: ["/var/lib/bridgeport-agent", "/etc/bridgeport/agent-policy.yaml"],
      isProtected: (containerName) => this.#protectedNames.includes(containerName),
      labelRefusal: this.#labelRefusal,
      signatureRefusal: this.#signatureRefusal,
      allows: this.#allows,
    };
  }
}
