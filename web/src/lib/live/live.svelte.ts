import { untrack } from "svelte";
import { backoff } from "./stale.ts";

export interface LiveMessage {
  topic?: string;
  event: string;
  data?: unknown;
  at?: string;
}

export type LiveHandler = (message: LiveMessage) => void;

const silenceMs = 25_000;
const answerMs = 8_000;

/*
 * The one WebSocket of this page.
 *
 *   off ──start──▶ connecting ──ready──▶ live ──closed or silent──▶ lost ──▶ connecting …
 *
 * Topics are counted and subscribed again after each reconnect. Each answer `subscribed`
 * reaches the topic's handlers: what changed before it may have been missed, so they read
 * again then. When the server says that it dropped something, `onResync` is told.
 */
class Live {
  state = $state<"off" | "connecting" | "live" | "lost">("off");
  /** since when what the page shows may be out of date; null while it is live */
  staleSince = $state<number | null>(null);

  #socket: WebSocket | null = null;
  readonly #topics = new Map<string, Set<LiveHandler>>();
  readonly #resync = new Set<() => void>();
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    addEventListener("online", () => this.#hurry());
    addEventListener("offline", () => this.#lose());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#hurry();
    });
  }

  start(): void {
    if (untrack(() => this.state) === "off") untrack(() => this.#connect());
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#heartbeat);
    this.state = "off";
    this.staleSince = null;
    this.#failures = 0;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** Follows a topic until the returned function is called. */
  subscribe(topic: string, handler: LiveHandler): () => void {
    let handlers = this.#topics.get(topic);
    if (!handlers) {
      handlers = new Set();
      this.#topics.set(topic, handlers);
      this.#send({ type: "subscribe", topics: [topic] });
    }
    handlers.add(handler);
    return () => {
      const left = this.#topics.get(topic);
      if (!left?.delete(handler) || left.size > 0) return;
      this.#topics.delete(topic);
      this.#send({ type: "unsubscribe", topics: [topic] });
    };
  }

  /** `callback` is called when the server dropped messages. */
  onResync(callback: () => void): () => void {
    this.#resync.add(callback);
    return () => this.#resync.delete(callback);
  }

  #connect(): void {
    clearTimeout(this.#timer);
    if (this.state === "off") this.state = "connecting";
    const url = new URL("/api/ws", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener("message", (event) => {
      if (socket === this.#socket) this.#received(String(event.data));
    });
    socket.addEventListener("close", () => {
      if (socket === this.#socket) this.#lose();
    });
    this.#expect(answerMs);
  }

  #received(text: string): void {
    this.#expect(silenceMs);
    const message = JSON.parse(text) as LiveMessage;
    if (message.event === "ready") this.#ready();
    else if (message.event === "resync") for (const callback of this.#resync) callback();
    else if (message.topic) {
      for (const handler of this.#topics.get(message.topic) ?? []) handler(message);
    }
  }

  #ready(): void {
    this.#failures = 0;
    this.state = "live";
    this.staleSince = null;
    if (this.#topics.size > 0) {
      this.#send({ type: "subscribe", topics: [...this.#topics.keys()] });
    }
  }

  /** A connection that says nothing is asked, and given up if it stays silent. */
  #expect(ms: number): void {
    clearTimeout(this.#heartbeat);
    this.#heartbeat = setTimeout(() => {
      if (ms === answerMs) return this.#lose();
      this.#send({ type: "ping" });
      this.#expect(answerMs);
    }, ms);
  }

  #lose(): void {
    if (this.state === "off") return;
    clearTimeout(this.#heartbeat);
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.staleSince ??= Date.now();
    this.state = "lost";
    this.#timer = setTimeout(() => this.#connect(), backoff(this.#failures, Math.random()));
    this.#failures += 1;
  }

  #hurry(): void {
    if (this.state === "lost") this.#connect();
  }

  /** Effects subscribe without following the connection's state. */
  #send(message: unknown): void {
    if (this.#socket?.readyState === WebSocket.OPEN && untrack(() => this.state) === "live") {
      this.#socket.send(JSON.stringify(message));
    }
  }
}

export const live = new Live();
