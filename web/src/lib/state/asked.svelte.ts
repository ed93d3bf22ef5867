/**
 * Which of a page's dialogs is open, and for which thing: one at a time.
 * The thing stays while its dialog closes, so that it names the thing to the end.
 */
export class Asked<Question extends string, Thing = null> {
  /** Whether each one is open, to bind a dialog's own `open` to. */
  readonly open: Record<Question, boolean>;
  #question = $state.raw<Question | null>(null);
  #thing = $state.raw<Thing | null>(null);

  constructor(questions: readonly Question[]) {
    const accessor = (question: Question) => ({
      enumerable: true,
      get: () => this.#question === question,
      set: (open: boolean) => {
        if (open) this.#question = question;
        else if (this.#question === question) this.#question = null;
      },
    });
    this.open = Object.defineProperties(
      {} as Record<Question, boolean>,
      Object.fromEntries(questions.map((question) => [question, accessor(question)])),
    );
  }

  /** What the question that was asked last is about. */
  get about(): Thing | null {
    return this.#thing;
  }

  /** Opens a dialog; `null`: for what is not there yet, or for the only thing. */
  ask(question: Question, about: Thing | null = null): void {
    this.#thing = about;
    this.#question = question;
  }
}
