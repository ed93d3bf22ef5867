import type { Server } from "$lib/api/model.ts";
import { type Address, ListState } from "$lib/lists/list-state.ts";

const columns = [
  { id: "name", sort: (server: Server) => server.name },
  { id: "services", sort: (server: Server) => server.serviceCount },
  { id: "disk", sort: (server: Server) => server.diskFreeBytes ?? 0 },
];

/** The servers of an environment, as the address asks for them. */
export class ServerList {
  readonly list: ListState<"status">;
  /** of every page; undefined: not read yet */
  readonly rows = $derived.by(() => this.#rows());
  readonly page = $derived.by(() => this.rows && this.list.pageOf(this.rows));
  readonly #servers: () => readonly Server[] | undefined;

  /** @param servers all of them; undefined: not read yet */
  constructor(address: Address, servers: () => readonly Server[] | undefined) {
    this.#servers = servers;
    this.list = new ListState(address, { filters: ["status"], order: "name" });
  }

  #rows(): Server[] | undefined {
    const status = this.list.value("status");
    return this.list.rows(this.#servers(), {
      texts: (server) => [server.name, server.hostname, ...server.tags],
      keeps: (server) => status === "" || server.status === status,
      columns,
    });
  }
}
