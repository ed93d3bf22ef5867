import type { Actor } from "../actor.ts";
import { isId } from "../database/ids.ts";
import { openLimits } from "../open-limits.ts";
import { Problem } from "../problem.ts";

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
  /** `written`: it is on its way, or never will be */
  send(text: string, written?: () => void): void;
  close(code: number, reason: string): void;
  /** bytes that are not on their way yet */
  buffered(): number;
}

const topicPattern = /^(environment|plan|plan-changes|logs):(.+)$/;
const bufferMaximum = 1024 * 1024;

/** How a follower of a topic is told about it. */
export interface Teller {
  /** Drops what a client that reads too slowly cannot take; that one is told to resync. */
  tell(event: string, data: unknown): void;
  /** Drops nothing: settles when it is on its way to the client, or the client is gone. */
  deliver(event: string, data: unknown): Promise<void>;
  /** Nothing more comes of this: it may be subscribed to again. */
  end(): void;
}

/**
 * How a topic is followed once the client may see it.
 * @returns stops following; null for what does not exist, or is not for this actor
 * @throws {Problem} with what keeps it from being followed now
 */
export type Follow = (
  actor: Actor,
  kind: string,
  id: string,
  teller: Teller,
) => Promise<(() => void) | null>;

/*
 * One browser or program on the WebSocket:
 *
 *   new ──auth──▶ known ──subscribe──▶ following … ──close──▶ gone
 *                   ◀───────────auth───────┘
 *
 * Who authenticates again begins with no topics: they were allowed to who it was before.
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

  /** Who it is; null until it has said so. */
  get actor(): Actor | null {
    return this.#actor;
  }

  authenticated(actor: Actor): void {
    this.unsubscribe([...this.#topics.keys()]);
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

  /** Like `send`, of what must not be dropped: the next is to be sent when this has settled. */
  deliver(message: LiveMessage): Promise<void> {
    if (this.#gone) return Promise.resolve();
    const text = JSON.stringify({ ...message, at: new Date().toISOString() });
    return new Promise((resolve) => this.#wire.send(text, resolve));
  }

  resync(): void {
    this.send({ event: "resync" });
  }

  async subscribe(topics: string[]): Promise<void> {
    const actor = this.#actor;
    if (!actor) return;
    for (const topic of topics) {
      const [, kind, id] = topicPattern.exec(topic) ?? [];
      if (!kind || !isId(id)) {
        this.send({ topic, event: "error", data: { error: `There is no topic ${topic}` } });
        continue;
      }
      if (this.#topics.has(topic)) {
        if (this.#topics.get(topic)) this.send({ topic, event: "subscribed" });
        continue;
      }
      const most = openLimits.topicsOfWebSocket;
      if (this.#topics.size >= most) {
        const error = `Too many topics on this WebSocket: at most ${most}. Unsubscribe from others first.`;
        this.send({ topic, event: "error", data: { error } });
        continue;
      }
      this.#topics.set(topic, null);
      const stop = await this.#follow(actor, kind, id, {
        tell: (event, data) => this.send({ topic, event, data }),
        deliver: (event, data) => this.deliver({ topic, event, data }),
        end: () => this.unsubscribe([topic]),
      }).catch((error: unknown) => {
        this.#topics.delete(topic);
        if (error instanceof Problem) return error;
        throw error;
      });
      if (!stop || stop instanceof Problem) {
        this.#topics.delete(topic);
        const error = stop ? stop.message : `There is no ${kind} ${id}`;
        this.send({ topic, event: "error", data: { error } });
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
