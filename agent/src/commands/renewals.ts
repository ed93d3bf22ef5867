import type { AgentMessage, Credentials } from "@bridgeport/proto";

/** How long the control plane may take, which asks a registry's token service. */
const answerTimeoutMs = 60_000;

/**
 * Credentials that are asked for again, as the token that a command came with has run out. The answer
 * comes on the stream, or with the command when that is delivered again on the next one.
 */
export class Renewals {
  readonly #send: (message: AgentMessage) => void;
  readonly #waiting = new Map<string, (credentials: Credentials | null) => void>();

  constructor(send: (message: AgentMessage) => void) {
    this.#send = send;
  }

  /** Resolves with new credentials for a command; null: there are none, or not in time. */
  ask(commandId: string, signal: AbortSignal): Promise<Credentials | null> {
    return new Promise((resolve) => {
      const end = (credentials: Credentials | null) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", none);
        this.#waiting.delete(commandId);
        resolve(credentials);
      };
      const none = () => end(null);
      const timer = setTimeout(none, answerTimeoutMs);
      signal.addEventListener("abort", none);
      this.#waiting.set(commandId, end);
      if (signal.aborted) none();
      else this.#send({ kind: "credentialsRequest", commandId });
    });
  }

  /** What was not asked for is ignored. */
  answer(commandId: string, credentials: Credentials | null): void {
    this.#waiting.get(commandId)?.(credentials);
  }
}
