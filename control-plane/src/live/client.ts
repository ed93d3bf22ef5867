import type { Actor } from "../identity/actor.ts";

/** What the server sends over the WebSocket. */
export interface LiveMessage {
  topic?: string;
  event: string;
  data?: unknown;
  /** ISO 8601 */
  at?: string;
}

/** The socket as the client needs it, so that tests can do without one. */
export interface Wire {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** bytes that are not on their way yet */
  buffered(): number;
}

export const topicPattern = /^(environment|plan|logs):([0-9a-f-]{36})$/;
const topicsMaximum = 200;
const bufferMaximum = 1024 * 1024;

/** How a topic is followed once the client may see it; the result stops following. */
export type Follow = (
  actor: Actor,
  kind: string,
  id: string,
  send: (event: string, data: unknown) => void,
) => Promise<(() => void) | null>;

/*
 * One browser or program on the WebSocket:
 *
 *   new ──auth──▶ known ──subscribe──▶ following … ──close──▶ gone
 *
 * A client that reads too slowly is not fed an unbounded queue: what it misses is dropped,
 * and once it has caught up it is told to resync.
 */
export class LiveClient {
  readonly #wire: Wire;
  readonly #follow: Follow;
  readonly #topics = new Map<string, (() => void) | null>();
  #actor: Actor | null = null;
  #behind = false;
  #gone = false;

  constructor(wire: Wire, follow: Follow) {
    this.#wire = wire;
    this.#follow = follow;
  }

  get known(): boolean {
    return this.#actor !== null;
  }

  authenticated(actor: Actor): void {
    this.#actor = actor;
    this.send({ event: "ready" });
  }

  send(message: LiveMessage): void {
    if (this.#gone) return;
    if (this.#wire.buffered() > bufferMaximum) {
      this.#behind = true;
      return;
    }
    if (this.#behind) {
      this.#behind = false;
      this.#wire.send(JSON.stringify({ event: "resync", at: new Date().toISOString() }));
    }
    this.#wire.send(JSON.stringify({ ...message, at: new Date().toISOString() }));
  }

  resync(): void {
    this.send({ event: "resync" });
  }

  async subscribe(topics: string[]): Promise<void> {
    const actor = this.#actor;
    if (!actor) return;
    for (const topic of topics) {
      const [, kind, id] = topicPattern.exec(topic) ?? [];
      if (!kind || !id) {
        this.send({ topic, event: "error", data: { error: `There is no topic ${topic}` } });
        continue;
      }
      if (this.#topics.has(topic)) continue;
      if (this.#topics.size >= topicsMaximum) {
        this.send({ topic, event: "error", data: { error: "Too many topics: unsubscribe first" } });
        continue;
      }
      this.#topics.set(topic, null);
      const stop = await this.#follow(actor, kind, id, (event, data) =>
        this.send({ topic, event, data }),
      );
      if (!stop) {
        this.#topics.delete(topic);
        this.send({ topic, event: "error", data: { error: `There is no ${kind} ${id}` } });
      } else if (this.#gone || !this.#topics.has(topic)) {
        stop();
      } else {
        this.#topics.set(topic, stop);
        this.send({ topic, event: "subscribed" });
      }
    }
  }

  unsubscribe(topics: string[]): void {
    for (const topic of topics) {
      this.#topics.get(topic)?.();
      this.#topics.delete(topic);
    }
  }

  close(): void {
    this.#gone = true;
    this.unsubscribe([...this.#topics.keys()]);
  }
}
