import type { AgentMessage } from "@bridgeport/proto";
import { openChannel } from "./channel.ts";
import { downloadProgram } from "./download-program.ts";
import { resolveAgentAddr } from "./identity.ts";
import { initialReconnect, nextAttempt, type ReconnectState } from "./reconnect.ts";
import { Session, type SessionEnd, type SessionParts } from "./session.ts";

/** The same reason is logged again only after this time, so that the log of a long outage stays readable. */
const repeatAfterMs = 10 * 60_000;

/** Runs sessions to the control plane, one after the other, until it is stopped. */
export class Link {
  readonly #parts: SessionParts;
  readonly #agentAddr: string | null;
  readonly #stop = new AbortController();
  #session: Session | null = null;
  #running: Promise<void> = Promise.resolve();
  #lastLogged = { reason: "", at: 0 };

  readonly #onStanding: (connected: boolean, reason: string | null) => void;

  /**
   * @param agentAddr host:port to connect to, where it is not the one that the identity names
   * @param onStanding is told whenever a session begins or ends, then with the reason
   */
  constructor(
    parts: SessionParts,
    agentAddr: string | null,
    onStanding: (connected: boolean, reason: string | null) => void = () => {},
  ) {
    this.#parts = parts;
    this.#agentAddr = agentAddr;
    this.#onStanding = onStanding;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Sends a message if there is a session; drops it otherwise. */
  send(message: AgentMessage): void {
    this.#session?.send(message);
  }

  /** The agent's program that an order to upgrade means, compressed by gzip. Throws where the stream breaks. */
  download(platform: string): AsyncIterable<Uint8Array> {
    return downloadProgram(openChannel(this.#parts.identity.identity, this.#address()), platform);
  }

  async stop(reason: string): Promise<void> {
    this.#stop.abort();
    await this.#session?.leave(reason);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let state: ReconnectState = initialReconnect;
    while (!signal.aborted) {
      const end = await this.#runSession();
      if (signal.aborted) return;
      const next = nextAttempt(state, end, Date.now(), Math.random());
      state = next.state;
      this.#report(end, next.delayMs);
      await delay(next.delayMs, signal);
    }
  }

  async #runSession(): Promise<SessionEnd> {
    const { identity } = this.#parts.identity;
    const address = this.#address();
    this.#parts.log.debug("Connecting to the control plane", { address });
    this.#session = new Session(openChannel(identity, address), this.#parts);
    void this.#session.established.then(() => this.#onStanding(true, null));
    const end = await this.#session.ended;
    this.#session = null;
    this.#onStanding(false, end.reason);
    return end;
  }

  #address(): string {
    const { agentAddr, url } = this.#parts.identity.identity;
    return this.#agentAddr ?? resolveAgentAddr(agentAddr, url);
  }

  #report(end: SessionEnd, retryInMs: number): void {
    const { log, identity } = this.#parts;
    const now = Date.now();
    const fields = { address: this.#address(), retryInMs: Math.round(retryInMs) };
    const known =
      end.reason === this.#lastLogged.reason && now - this.#lastLogged.at < repeatAfterMs;
    if (known && !end.established) {
      log.debug(end.reason, fields);
      return;
    }
    this.#lastLogged = { reason: end.reason, at: now };
    if (end.refused) log.error(end.reason, fields);
    else log.warn(end.reason, fields);
    if (!end.established && identity.expired(now)) {
      log.error(
        "The agent's certificate has expired: make a new join token on the server's page and start the agent with it.",
      );
    }
  }
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
