import { matchesText, pageOf, type Sortable, sortRows } from "./lists.ts";

/** Where a list keeps what it shows: the query of the address. The router is one. */
export interface Address {
  /** empty where the address does not say */
  query(name: string): string;
  /** @param keep leaves the address of before in the history */
  setQuery(changes: Record<string, string | number | null>, keep?: boolean): void;
}

interface Options<F extends string, V extends string> {
  /** parameters that leave rows out, besides the text that is searched for */
  filters?: readonly F[];
  /** parameters that show the same rows in another way */
  views?: readonly V[];
  /** rows on a page */
  size?: number;
  /** a column's id, or `-` and it: the order until another one is chosen */
  order?: string;
}

/** How rows that are all there are searched, filtered and sorted. */
interface Rows<T> {
  texts: (row: T) => readonly (string | null | undefined)[];
  keeps?: (row: T) => boolean;
  columns?: readonly Sortable<T>[];
}

/**
 * What a list shows, as the address says it: `q` is searched for, `sort` is the order, `page` counts
 * from 1, and each filter has a parameter of its own. A link, a reload and the way back show the same.
 * Whatever changes which rows there are begins at the first page.
 */
export class ListState<F extends string = never, V extends string = never> {
  readonly size: number;
  readonly #address: Address;
  readonly #filters: readonly F[];
  readonly #order: string;

  constructor(address: Address, { filters = [], size = 50, order = "" }: Options<F, V> = {}) {
    this.#address = address;
    this.#filters = filters;
    this.size = size;
    this.#order = order;
  }

  get search(): string {
    return this.#address.query("q");
  }

  /** A filter or a view; empty where none is chosen. */
  value(name: F | V): string {
    return this.#address.query(name);
  }

  /** The same where it is one of `values`; undefined otherwise, as for an address that was typed wrongly. */
  oneOf<T extends string>(name: F | V, values: readonly T[]): T | undefined {
    return values.find((value) => value === this.value(name));
  }

  set(name: F | V | "q", value: string): void {
    this.#address.setQuery({ [name]: value, page: null });
  }

  /** Whether rows may be left out. */
  get narrowed(): boolean {
    return this.search !== "" || this.#filters.some((name) => this.value(name) !== "");
  }

  /** Shows every row again. */
  clear(): void {
    const none = Object.fromEntries(["q", ...this.#filters].map((name) => [name, null]));
    this.#address.setQuery({ ...none, page: null });
  }

  get order(): string {
    return this.#address.query("sort") || this.#order;
  }

  /** How a column's header says it is sorted; undefined: it is not the one. */
  direction(column: string): "ascending" | "descending" | undefined {
    const chosen = this.#address.query("sort");
    if (chosen === column) return "ascending";
    return chosen === `-${column}` ? "descending" : undefined;
  }

  /** Sorts by a column, the other way round, and no longer, in turns. */
  toggle(column: string): void {
    const direction = this.direction(column);
    const sort = direction === "ascending" ? `-${column}` : direction ? null : column;
    this.#address.setQuery({ sort, page: null });
  }

  /** From 1; there may be fewer pages. */
  get page(): number {
    return Math.max(1, Math.floor(Number(this.#address.query("page"))) || 1);
  }

  goTo(page: number): void {
    this.#address.setQuery({ page: page === 1 ? null : page }, true);
  }

  /** What a request for the page asks for. */
  get range(): { limit: number; offset: number } {
    return { limit: this.size, offset: (this.page - 1) * this.size };
  }

  /** Those that the search and `keeps` leave, in order; undefined: they are not read yet. */
  rows<T>(
    all: readonly T[] | undefined,
    { texts, keeps = () => true, columns = [] }: Rows<T>,
  ): T[] | undefined {
    const kept = all?.filter((row) => matchesText(this.search, texts(row)) && keeps(row));
    return kept && sortRows(kept, columns, this.order);
  }

  /** The page of them, or the last one where there are fewer. */
  pageOf<T>(rows: readonly T[]): T[] {
    return pageOf(rows, this.page, this.size);
  }
}
