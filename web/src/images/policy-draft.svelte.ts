import type { UpdatePolicy } from "$lib/api/model.ts";
import { asLocalInput } from "$lib/forms/local-time.ts";
import { textOrNull } from "$lib/forms/typed.ts";
import { RolloutDraft } from "../plans/rollout-draft.svelte.ts";

type Window = UpdatePolicy["windows"][number];

/** An image's update policy as a form has it. */
export class PolicyDraft {
  minimumAgeMinutes = $state(0);
  timeZone = $state("");
  kinds = $state<UpdatePolicy["kinds"]>([]);
  pinned = $state(false);
  /** as `<input type="datetime-local">` has it; empty: not snoozed */
  snoozedUntil = $state("");
  reason = $state("");
  /** `id` tells them apart while they are edited */
  windows = $state<(Window & { id: number })[]>([]);
  readonly rollout: RolloutDraft;
  #next = 0;

  constructor(before: UpdatePolicy) {
    this.minimumAgeMinutes = before.minimumAgeMinutes;
    this.timeZone = before.timeZone;
    this.kinds = [...before.kinds];
    this.pinned = before.pinned;
    this.snoozedUntil =
      before.snoozedUntil === null ? "" : asLocalInput(new Date(before.snoozedUntil));
    this.reason = before.reason ?? "";
    this.rollout = new RolloutDraft(before.rollout);
    for (const window of before.windows) this.#add(window);
  }

  addWindow(): void {
    this.#add({ days: ["mon", "tue", "wed", "thu", "fri"], from: "02:00", to: "05:00" });
  }

  removeWindow(id: number): void {
    this.windows = this.windows.filter((window) => window.id !== id);
  }

  /** Why it cannot be sent; null: it can. */
  get problem(): string | null {
    const dayless = this.windows.some(({ days }) => days.length === 0);
    return dayless ? "Each window needs a day." : this.rollout.problem;
  }

  /** Whether a reason says anything. */
  get holds(): boolean {
    return this.pinned || this.snoozedUntil !== "";
  }

  get body() {
    return {
      minimumAgeMinutes: this.minimumAgeMinutes,
      timeZone: this.timeZone,
      kinds: [...this.kinds],
      pinned: this.pinned,
      snoozedUntil: this.snoozedUntil === "" ? null : new Date(this.snoozedUntil).toISOString(),
      reason: textOrNull(this.reason),
      rollout: this.rollout.body,
      windows: this.windows.map(({ days, from, to }) => ({ days: [...days], from, to })),
    };
  }

  #add(window: Window): void {
    this.windows.push({ ...window, days: [...window.days], id: this.#next });
    this.#next += 1;
  }
}
