import type { ServiceFilter } from "$lib/api/queries.ts";
import { type Address, ListState } from "$lib/lists/list-state.ts";
import { isByProject } from "../compose/project-filters.ts";

export const statuses = [
  "healthy",
  "running",
  "starting",
  "unhealthy",
  "restarting",
  "failed",
  "stopped",
  "paused",
  "missing",
  "not_created",
  "deploying",
  "unknown",
] as const;

/** The services of an environment, as the address asks for them; the server filters. */
export class ServiceList {
  readonly list: ListState<"status" | "server" | "image" | "drift" | "project", "by">;
  readonly byProject = $derived.by(() => isByProject(this.list));
  /** what is asked of the server */
  readonly filter = $derived.by(() => this.#filter());

  constructor(address: Address) {
    this.list = new ListState(address, {
      filters: ["status", "server", "image", "drift", "project"],
      views: ["by"],
    });
  }

  /** The one server whose services are shown; empty: all. */
  get server(): string {
    return this.list.value("server");
  }

  #filter(): ServiceFilter {
    return {
      ...this.list.range,
      q: this.list.search || undefined,
      status: this.list.oneOf("status", statuses),
      imageId: this.list.value("image") || undefined,
      drift: this.list.value("drift") === "" ? undefined : "true",
      composeProject: this.list.value("project") || undefined,
      sort: this.byProject ? "composeProject" : undefined,
    };
  }
}
