import { SvelteMap } from "svelte/reactivity";
import type { Lane, LaneGroup } from "./lanes.ts";

/** A time line with more rows than this is folded. */
const manyRows = 60;
/** Of an open fold so many rows are shown, and so many more each time that is asked for. */
const rowsAtOnce = 50;

/** Rows of one kind. */
export interface Fold {
  key: string;
  /** what they have in common; null: there are so few rows that nothing is folded */
  title: string | null;
  lanes: Lane[];
  /** whether it is open unless it is closed: what has failed and what is under way is looked for */
  opens: boolean;
}

/** One batch, or several that come one after the other and are all alike, or what comes before or after them. */
export interface FoldGroup {
  /** from 1; null: before every batch, or after all of them */
  first: number | null;
  last: number | null;
  folds: Fold[];
  /** of its services, how many have the new version and are healthy */
  done: number;
  total: number;
}

/** Rows as a time line shows them: all of a small plan, those of a large one by how they are. */
export function foldGroups(groups: readonly LaneGroup[]): FoldGroup[] {
  const rows = groups.reduce((sum, { lanes }) => sum + lanes.length, 0);
  const isLarge = rows > manyRows;
  const folded: FoldGroup[] = [];
  for (const [index, { batch, lanes, done, total }] of groups.entries()) {
    const place = batch ?? (index === 0 ? "before" : "after");
    const folds = isLarge
      ? foldsOf(lanes, place)
      : [{ key: `${place}`, title: null, lanes, opens: true }];
    const group = { first: batch, last: batch, folds, done, total };
    const before = folded.at(-1);
    if (before && isLarge && isAlike(before, group)) extend(before, group);
    else folded.push(group);
  }
  return folded.filter(({ folds }) => folds.some(({ lanes }) => lanes.length > 0));
}

function foldsOf(lanes: readonly Lane[], place: number | string): Fold[] {
  const folds = new Map<string, Fold>();
  for (const lane of lanes) {
    const { tone, active, text } = lane.look;
    const title = active ? "Under way" : text;
    const fold = folds.get(title);
    if (fold) fold.lanes.push(lane);
    else {
      const opens = tone === "bad" || active === true;
      folds.set(title, { key: `${title} ${place}`, title, lanes: [lane], opens });
    }
  }
  const rank = ({ opens, title }: Fold) => (!opens ? 2 : title === "Under way" ? 1 : 0);
  return [...folds.values()].sort((a, b) => rank(a) - rank(b));
}

/** Two batches in which everything is the same, and nothing that has to be seen. */
function isAlike(one: FoldGroup, other: FoldGroup): boolean {
  const [first, ...more] = [...one.folds, ...other.folds];
  return (
    one.first !== null &&
    other.first !== null &&
    one.folds.length === 1 &&
    other.folds.length === 1 &&
    more.every(({ title }) => title === first?.title) &&
    first?.opens === false
  );
}

/** What waits is called by its last batch and what is done by its first: those stay as the plan goes on. */
function extend(group: FoldGroup, { last, folds: [more], done, total }: FoldGroup): void {
  const [fold] = group.folds;
  if (!fold || !more) return;
  fold.lanes = [...fold.lanes, ...more.lanes];
  if (fold.lanes[0]?.telling?.startedAt === null) fold.key = more.key;
  group.last = last;
  group.done += done;
  group.total += total;
}

/** Which folds are open, and how many of their rows are shown. */
export class LaneFolds {
  readonly #open = new SvelteMap<string, boolean>();
  readonly #rows = new SvelteMap<string, number>();

  /** @param chosen the id of the step that is shown in full: its row is in sight whatever is folded */
  isOpen(fold: Fold, chosen: string): boolean {
    return fold.title === null || (this.#open.get(fold.key) ?? (fold.opens || has(fold, chosen)));
  }

  toggle(fold: Fold, chosen: string): void {
    this.#open.set(fold.key, !this.isOpen(fold, chosen));
  }

  /** The rows of an open fold that are shown. */
  rows(fold: Fold, chosen: string): readonly Lane[] {
    if (fold.title === null) return fold.lanes;
    const most = this.#rows.get(fold.key) ?? rowsAtOnce;
    const at = fold.lanes.findIndex((lane) => isOf(lane, chosen));
    return fold.lanes.slice(0, Math.max(most, at + 1));
  }

  showMore(fold: Fold): void {
    this.#rows.set(fold.key, (this.#rows.get(fold.key) ?? rowsAtOnce) + rowsAtOnce);
  }
}

const isOf = ({ steps }: Lane, chosen: string) =>
  chosen !== "" && steps.some(({ id }) => id === chosen);
const has = ({ lanes }: Fold, chosen: string) => lanes.some((lane) => isOf(lane, chosen));
