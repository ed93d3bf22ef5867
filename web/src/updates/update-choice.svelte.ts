import { SvelteSet } from "svelte/reactivity";
import { type BehindRow, notSelectable, plannedUpdates } from "./behind.ts";

/** Which of the shown updates are chosen. What a filter hides is not updated. */
export class UpdateChoice {
  readonly #shown: () => readonly BehindRow[];
  readonly #ids = new SvelteSet<string>();
  readonly choosable = $derived.by(() =>
    this.#shown().filter((row) => notSelectable(row) === null),
  );
  readonly selected = $derived(this.choosable.filter(({ id }) => this.#ids.has(id)));
  readonly planned = $derived(plannedUpdates(this.selected));
  readonly all = $derived(
    this.choosable.length > 0 && this.selected.length === this.choosable.length,
  );

  constructor(shown: () => readonly BehindRow[]) {
    this.#shown = shown;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  set(id: string, on: boolean): void {
    if (on) this.#ids.add(id);
    else this.#ids.delete(id);
  }

  setAll(on: boolean): void {
    for (const { id } of this.choosable) this.set(id, on);
  }

  clear(): void {
    this.#ids.clear();
  }
}
