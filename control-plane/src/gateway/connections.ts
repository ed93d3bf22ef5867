import type { Socket } from "node:net";
import { siteOf, sourceOf } from "../networks.ts";
import { addressOf } from "../servers/agent-audit.ts";
import { type Place, Places } from "./places.ts";
import { type Turn, Turns } from "./turns.ts";

/*
 * The listener's connections. Everyone may open one, so those on which nothing is asked are counted and do
 * not last. A whole fleet may open one at once, so few are on their way at the same time, from the first byte
 * of TLS to what is asked: the others wait, unread, and cost a file descriptor each.
 *
 *   no certificate yet ──TLS has verified one──> certified
 *        │    ^                                    │    ^
 *     a call  │ its end                       a stream  │ its end
 *        v    │                                    v    │
 *       in use: neither counted nor ended         in use
 */

export const connectionLimits = {
  /** without a certificate of ours, by network, also while TLS is not done or waits for its turn */
  strangers: { ofSource: 8192, ofAll: 16_384 },
  /** with the same certificate, and without a stream; an agent has one connection, or two for a moment */
  ofCertificate: 4,
  /** how long nothing may be asked */
  silentMs: 30_000,
  /** on their way at the same time */
  turns: 64,
  /** how long one counts as on its way without a certificate, and with one */
  strangersTurnMs: 1000,
  certifiedTurnMs: 5000,
};

type Watched = Pick<Socket, "remoteAddress" | "remotePort" | "once" | "destroy">;

interface Connection {
  socket: Watched;
  /** while nothing is asked, takes one of the places that it counts among */
  sit(): Place;
  place: Place | null;
  timer: NodeJS.Timeout | undefined;
  turn: Turn | null;
  turnTimer: NodeJS.Timeout | undefined;
  uses: number;
}

/** As gRPC names a call's connection. */
export function peerOf({ remoteAddress, remotePort }: Watched): string {
  return `${remoteAddress}:${remotePort}`;
}

export class Connections {
  readonly #limits: typeof connectionLimits;
  readonly #crowded: (address: string) => void;
  readonly #strangers: Places;
  readonly #certified: Places;
  readonly #turns: Turns;
  readonly #open = new Map<string, Connection>();

  /** @param crowded a stranger at this address has given way to others */
  constructor(limits: typeof connectionLimits, crowded: (address: string) => void) {
    this.#limits = limits;
    this.#crowded = crowded;
    this.#strangers = new Places(limits.strangers, siteOf);
    this.#certified = new Places({
      ofSource: limits.ofCertificate,
      ofAll: Number.POSITIVE_INFINITY,
    });
    this.#turns = new Turns(limits.turns);
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * One has been opened, and says nothing yet.
   * @param begin begins its TLS; called when something has come and it is its turn
   */
  add(socket: Watched, begin: () => void): void {
    if (socket.remoteAddress === undefined) {
      // It has gone again.
      socket.destroy();
      return;
    }
    const peer = peerOf(socket);
    const address = addressOf(peer);
    const sit = () =>
      this.#strangers.take(sourceOf(address), () => {
        socket.destroy();
        this.#crowded(address);
      });
    const connection: Connection = {
      ...{ socket, sit, place: null, timer: undefined, uses: 0 },
      ...{ turn: null, turnTimer: undefined },
    };
    this.#open.set(peer, connection);
    socket.once("readable", () => {
      connection.turn = this.#turns.take(siteOf(sourceOf(address)), () => {
        this.#countUntil(connection, this.#limits.strangersTurnMs);
        begin();
      });
    });
    socket.once("close", () => {
      arrive(connection);
      stand(connection);
      if (this.#open.get(peer) === connection) this.#open.delete(peer);
    });
    this.#wait(connection);
  }

  /** TLS has verified a certificate of ours on it. */
  certify(peer: string, fingerprint: string): void {
    const connection = this.#open.get(peer);
    if (!connection) return;
    stand(connection);
    connection.sit = () => this.#certified.take(fingerprint, () => connection.socket.destroy());
    this.#wait(connection);
    this.#countUntil(connection, this.#limits.certifiedTurnMs);
  }

  /** Something is asked on it that has been let in. @returns that this is over; call it once */
  use(peer: string): () => void {
    const connection = this.#open.get(peer);
    if (!connection) return () => undefined;
    connection.uses += 1;
    arrive(connection);
    stand(connection);
    return () => {
      connection.uses -= 1;
      if (connection.uses === 0 && this.#open.get(peer) === connection) this.#wait(connection);
    };
  }

  endAll(): void {
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  /** It is taken for on its way for so long at most, from now on. */
  #countUntil(connection: Connection, ms: number): void {
    clearTimeout(connection.turnTimer);
    connection.turnTimer = setTimeout(() => arrive(connection), ms);
    connection.turnTimer.unref();
  }

  #wait(connection: Connection): void {
    connection.timer = setTimeout(() => connection.socket.destroy(), this.#limits.silentMs);
    connection.timer.unref();
    connection.place = connection.sit();
  }
}

function arrive(connection: Connection): void {
  clearTimeout(connection.turnTimer);
  connection.turn?.over();
  connection.turn = null;
}

function stand(connection: Connection): void {
  clearTimeout(connection.timer);
  connection.place?.leave();
  connection.place = null;
}
