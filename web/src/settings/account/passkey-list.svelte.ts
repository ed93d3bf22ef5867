import type { Passkey } from "$lib/api/model.ts";

/** What the server says of a user's passkeys. */
interface Answer {
  passkeys: Passkey[];
  /** why none can be used at the address of this console */
  unavailable: string | null;
}

/** A user's passkeys, and whether one can be added here. */
export class PasskeyList {
  readonly #answer: () => Answer | undefined;
  readonly #supported: () => boolean;

  /**
   * @param answer undefined: not read yet
   * @param supported by this browser, at this address
   */
  constructor(answer: () => Answer | undefined, supported: () => boolean) {
    this.#answer = answer;
    this.#supported = supported;
  }

  /** undefined: not read yet */
  get rows(): Passkey[] | undefined {
    return this.#answer()?.passkeys;
  }

  /** Why none can be added here; null: one can. */
  get refusal(): string | null {
    const answer = this.#answer();
    if (answer === undefined) return "Your passkeys are not read yet.";
    if (answer.unavailable) return answer.unavailable;
    return this.#supported() ? null : "This browser cannot use passkeys at this address.";
  }
}
