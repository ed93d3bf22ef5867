import type { Server } from "$lib/api/model.ts";
import { count, list } from "$lib/wording/wording.ts";

/** What its page says first of a server; null: nothing is wrong with it. */
export type ServerTrouble = "revoked" | "pending" | "offline" | "engine";

/** What a server's page shows of it and lets people do. */
export class ServerState {
  readonly #server: () => Server | undefined;
  readonly #refusal: () => string | null;

  /**
   * @param server as it is now; undefined: not read yet
   * @param refusal why this user may not do anything to it
   */
  constructor(server: () => Server | undefined, refusal: () => string | null) {
    this.#server = server;
    this.#refusal = refusal;
  }

  /** Why its agent cannot be asked for anything now; null: it can. */
  get refusal(): string | null {
    const server = this.#server();
    const refusal = this.#refusal();
    if (refusal !== null || server === undefined) return refusal;
    return this.connected ? null : `The agent of ${server.name} is not connected.`;
  }

  get connected(): boolean {
    return this.#server()?.status === "online";
  }

  /** An agent has joined as this server, now or before. */
  get joined(): boolean {
    return this.#server()?.status !== "pending";
  }

  get trouble(): ServerTrouble | null {
    const server = this.#server();
    if (server === undefined) return null;
    if (server.revokedAt !== null) return "revoked";
    if (server.status !== "online") return server.status;
    return server.engineError === null ? null : "engine";
  }
}

/** What looking for services on a server has come to, for people. */
export function discovered({
  services,
  missing,
}: {
  services: readonly unknown[];
  missing: readonly string[];
}): string {
  const found = `${count(services.length, "service")} found`;
  return missing.length === 0 ? `${found}.` : `${found}; missing: ${list(missing, 5)}.`;
}
