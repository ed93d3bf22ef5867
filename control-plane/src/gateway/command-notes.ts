import { type CommandNote, mostProgress, type Progress } from "../commands/commands.store.ts";

/** What an agent tells of its commands before their results: that it has them, and how they go on. */
export interface CommandNotes {
  accepted(commandId: string): void;
  progress(commandId: string, progress: Progress): void;
  /**
   * What was told of a command and is not written, to be written with its result. Resolves when
   * nothing of it is still being written.
   */
  take(commandId: string): Promise<Progress[]>;
  /** Writes what is left, and nothing after that. */
  stop(): void;
}

/** People read this: it may be this late. */
const lateMs = 100;

/**
 * Notes are written a moment later and together, so that a command is written down as often as a
 * person could read it, not as often as its agent speaks.
 * @param write never called again before it has resolved; once it rejects nothing more is written
 */
export function commandNotes(
  write: (notes: CommandNote[]) => Promise<void>,
  failed: (error: unknown) => void,
): CommandNotes {
  const pending = new Map<string, CommandNote>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | null = null;
  let stopped = false;

  function noteOf(commandId: string): CommandNote {
    const known = pending.get(commandId);
    if (known) return known;
    const note: CommandNote = { commandId, accepted: false, progress: [] };
    pending.set(commandId, note);
    timer ??= setTimeout(flush, lateMs);
    return note;
  }

  function flush(): void {
    timer = undefined;
    if (pending.size === 0) return;
    if (writing !== null) {
      timer = setTimeout(flush, lateMs);
      return;
    }
    const notes = [...pending.values()];
    pending.clear();
    writing = write(notes).then(
      () => {
        writing = null;
      },
      (error: unknown) => {
        writing = null;
        stopped = true;
        failed(error);
      },
    );
  }

  return {
    accepted(commandId) {
      if (!stopped) noteOf(commandId).accepted = true;
    },
    progress(commandId, progress) {
      if (stopped) return;
      const note = noteOf(commandId);
      if (note.progress.length < mostProgress) note.progress.push(progress);
    },
    async take(commandId) {
      await writing;
      const note = pending.get(commandId);
      pending.delete(commandId);
      return note?.progress ?? [];
    },
    stop() {
      clearTimeout(timer);
      if (!stopped) flush();
      stopped = true;
    },
  };
}
