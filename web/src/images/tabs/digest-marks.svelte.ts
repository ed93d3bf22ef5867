import type { Digest, Image, QuarantinedDigest, SkippedDigest } from "$lib/api/model.ts";

/** What is to be said of each of an image's digests beside what it is. */
export class DigestMarks {
  readonly #image: () => Pick<Image, "services">;
  readonly #quarantined: () => readonly QuarantinedDigest[] | undefined;
  readonly #skipped: () => readonly SkippedDigest[] | undefined;
  readonly #quarantines = $derived.by(() => byDigest(this.#quarantined()));
  readonly #skips = $derived.by(() => byDigest(this.#skipped()));

  /**
   * @param quarantined undefined: not read yet
   * @param skipped undefined: not read yet
   */
  constructor(
    image: () => Pick<Image, "services">,
    quarantined: () => readonly QuarantinedDigest[] | undefined,
    skipped: () => readonly SkippedDigest[] | undefined,
  ) {
    this.#image = image;
    this.#quarantined = quarantined;
    this.#skipped = skipped;
  }

  quarantine({ id }: Pick<Digest, "id">): QuarantinedDigest | undefined {
    return this.#quarantines.get(id);
  }

  skip({ id }: Pick<Digest, "id">): SkippedDigest | undefined {
    return this.#skips.get(id);
  }

  /** The services that run it. */
  runs({ manifestDigest }: Pick<Digest, "manifestDigest">): Image["services"] {
    return this.#image().services.filter(({ runningDigest }) => runningDigest === manifestDigest);
  }
}

function byDigest<Mark extends { digestId: string }>(
  marks: readonly Mark[] = [],
): ReadonlyMap<string, Mark> {
  return new Map(marks.map((mark) => [mark.digestId, mark]));
}
