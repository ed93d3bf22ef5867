import { withQuery } from "../router/match.ts";
import type { Address } from "./list-state.ts";

/** An address that is only a query, for tests of lists. */
export class TypedAddress implements Address {
  search = $state("");
  /** how many addresses of before the history has */
  kept = 0;

  constructor(search = "") {
    this.search = search;
  }

  query(name: string): string {
    return new URLSearchParams(this.search).get(name) ?? "";
  }

  setQuery(changes: Record<string, string | number | null>, keep = false): void {
    this.search = withQuery(this.search, changes);
    if (keep) this.kept += 1;
  }
}
