import type { Role } from "$lib/api/model.ts";

const dayMs = 86_400_000;

/** A new API token as a form has it. */
export class TokenDraft {
  name = $state("");
  role = $state<Role>("viewer");
  /** none: of all environments of the user */
  environmentIds = $state<string[]>([]);
  /** until it ends; empty: never */
  days = $state("90");

  /** @param now milliseconds, from which the days count */
  bodyAt(now: number) {
    const { days, environmentIds } = this;
    return {
      name: this.name.trim(),
      role: this.role,
      ...(environmentIds.length === 0 ? {} : { environmentIds: [...environmentIds] }),
      expiresAt: days === "" ? null : new Date(now + Number(days) * dayMs).toISOString(),
    };
  }
}
