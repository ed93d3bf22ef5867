/** How many objects of one constructor a heap holds. */
export interface Held {
  count: number;
  /** their own, in bytes */
  bytes: number;
}

/** By constructor; functions by their name, as `listener()`. */
export type Heap = ReadonlyMap<string, Held>;

interface Snapshot {
  snapshot: { meta: { node_fields: string[]; node_types: (string[] | string)[] } };
  nodes: number[];
  strings: string[];
}

/** What is looked at: the rest belongs to these, or comes and goes with compiled code. */
const looked = new Set(["object", "closure", "native", "regexp"]);

/** @param text a `.heapsnapshot` */
export function heapOf(text: string): Heap {
  const { snapshot, nodes, strings } = JSON.parse(text) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [typeAt, nameAt, sizeAt] = ["type", "name", "self_size"].map((field) =>
    fields.indexOf(field),
  ) as [number, number, number];
  const kinds = types[typeAt] as string[];
  const heap = new Map<string, Held>();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = kinds[nodes[at + typeAt] ?? 0] ?? "";
    if (!looked.has(kind)) continue;
    const name = strings[nodes[at + nameAt] ?? 0] ?? "";
    const key = kind === "closure" ? `${name || "(anonymous)"}()` : name;
    const held = heap.get(key) ?? { count: 0, bytes: 0 };
    held.count += 1;
    held.bytes += nodes[at + sizeAt] ?? 0;
    heap.set(key, held);
  }
  return heap;
}

/** A constructor of which there are more than before. */
export interface Grown {
  name: string;
  before: number;
  now: number;
  /** how much larger all of them are, in bytes */
  bytes: number;
}

/** Whatever is remembered has some of these, and each connection to the database those of its last answer. */
const everywhere = new Set(["Object", "Array", "Date"]);
const moreOfThem = 10;

/** The constructors of which there are at least so many more, the most first; of what is everywhere ten times as many. */
export function grownHeap(before: Heap, now: Heap, atLeast: number): Grown[] {
  return [...now]
    .map(([name, held]) => {
      const known = before.get(name) ?? { count: 0, bytes: 0 };
      return { name, before: known.count, now: held.count, bytes: held.bytes - known.bytes };
    })
    .filter(({ name, before, now }) => {
      const most = everywhere.has(name) ? moreOfThem * atLeast : atLeast;
      return now - before >= most;
    })
    .toSorted((a, b) => b.now - b.before - (a.now - a.before));
}
