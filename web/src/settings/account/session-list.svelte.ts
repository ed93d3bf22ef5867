import type { Session } from "$lib/api/model.ts";

/** The sessions of a user, as the account's page tells them apart. */
export class SessionList {
  readonly #sessions: () => readonly Session[] | undefined;
  /** all but the one that this page is of */
  readonly others = $derived.by(() => (this.#sessions() ?? []).filter(({ current }) => !current));

  /** @param sessions undefined: not read yet */
  constructor(sessions: () => readonly Session[] | undefined) {
    this.#sessions = sessions;
  }

  /** Why there is nothing to end but this one; null: there is. */
  get othersRefusal(): string | null {
    return this.others.length === 0 ? "There are no other sessions." : null;
  }
}

/** What a session is of. */
export function sessionName({ userAgent }: Pick<Session, "userAgent">): string {
  return userAgent ?? "Unknown program";
}

/** Where it came from, and where it was used last. */
export function sessionPlaces({
  address,
  lastAddress,
}: Pick<Session, "address" | "lastAddress">): string {
  const places = [...new Set([address, lastAddress])].filter((place) => place !== null);
  return places.length === 0 ? "from an unknown address" : `from ${places.join(", last from ")}`;
}
