/** Where a page of a list begins: after the row with this value of what the list is ordered by, and this id. */
export interface Position<Key extends string | number> {
  key: Key;
  id: string;
}

/** A page of a list. */
export interface Page<Key extends string | number> {
  limit: number;
  /** how many rows are skipped */
  offset: number;
  /** null or not set: from the beginning */
  after?: Position<Key> | null;
}
