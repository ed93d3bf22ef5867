/**
 * Which of a page's dialogs is open, and for which thing.
 * The thing stays while its dialog closes, so that it names the thing to the end.
 */
export class Asked<Question extends string, Thing = null> {
  #question = $state.raw<Question | null>(null);
  #thing = $state.raw<Thing | null>(null);

  /** What the question that was asked last is about. */
  get about(): Thing | null {
    return this.#thing;
  }

  ask(question: Question, ...[about]: Thing extends null ? [] : [Thing]): void {
    this.#thing = about ?? null;
    this.#question = question;
  }

  is(question: Question): boolean {
    return this.#question === question;
  }

  /** As a dialog's `open` is bound: `bind:open={...}` asks and answers with it. */
  set(question: Question, open: boolean): void {
    if (open) this.#question = question;
    else if (this.is(question)) this.#question = null;
  }
}
