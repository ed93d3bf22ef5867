import type { AgentAuthorityState } from "$lib/api/model.ts";

type NotYet = AgentAuthorityState["servers"]["notYet"][number];

/** How far the servers have moved from one certificate authority to the next. */
export class AuthorityState {
  readonly #authority: () => AgentAuthorityState | undefined;
  /** servers whose agents have certificates of an earlier one only */
  readonly notYet = $derived.by((): readonly NotYet[] => this.#authority()?.servers.notYet ?? []);
  /** those of them that do not move by themselves */
  readonly late = $derived.by(() => this.notYet.filter(({ canBeAsked }) => !canBeAsked));

  /** @param authority as it is now; undefined: not read yet */
  constructor(authority: () => AgentAuthorityState | undefined) {
    this.#authority = authority;
  }

  /** An earlier one is trusted still. */
  get moving(): boolean {
    return (this.#authority()?.previous.length ?? 0) > 0;
  }

  /** Why it cannot be replaced now; null: it can. */
  get refusal(): string | null {
    return this.#authority() === undefined ? "Its state is not known yet." : null;
  }

  /** Ids of the servers that retiring the earlier one shuts out, as they were shown. */
  get shutOut(): string[] {
    return this.notYet.map(({ id }) => id);
  }
}
