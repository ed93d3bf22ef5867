/** Everything that a command does to the world beside talking to the control plane. */
export interface Io {
  /** Writes to stdout: what the command was asked for. On a terminal nothing but text and colours gets there. */
  out(text: string): void;
  /** Writes to stderr: notes, progress beside JSON, errors; as text and colours only. */
  err(text: string): void;
  /** Writes as it is, also what moves the cursor. */
  raw(text: string, to?: "stdout" | "stderr"): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The size of the terminal that stdout is; null where it is none. */
  terminal(): { columns: number; rows: number } | null;
  /** Whether colours are wanted on stdout, by the terminal and NO_COLOR. */
  readonly colour: boolean;
  /** Whether they are on stderr. */
  readonly errorColour: boolean;
  /** Whether somebody can be asked: stdin and stderr are a terminal. */
  readonly canAsk: boolean;
  /** Asks on stderr and returns the line. @throws {Failure} when there is nobody to ask */
  ask(question: string, options?: { hidden?: boolean }): Promise<string>;
  /** All of stdin. */
  readStdin(): Promise<string>;
  /**
   * Work that has something to say when it is interrupted: Ctrl-C aborts the signal instead of ending the
   * process; a second one ends it.
   */
  interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Default: the global one. */
  readonly fetch?: (request: Request) => Promise<Response>;
}
