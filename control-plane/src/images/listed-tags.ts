import { createHash } from "node:crypto";

const bytesEach = 8;

/**
 * The tags of a list, kept as eight bytes of each one's hash: enough to tell, of a hundred thousand
 * tags, that one was not among them.
 */
export class ListedTags {
  readonly bytes: Buffer;
  readonly #prints: ReadonlySet<string>;

  private constructor(bytes: Buffer, prints: ReadonlySet<string>) {
    this.bytes = bytes;
    this.#prints = prints;
  }

  static of(tags: Iterable<string>): ListedTags {
    const prints = new Set<string>();
    for (const tag of tags) prints.add(print(tag));
    return new ListedTags(Buffer.from([...prints].sort().join(""), "latin1"), prints);
  }

  /** @param bytes of a list that was kept */
  static read(bytes: Buffer): ListedTags {
    const text = bytes.toString("latin1");
    const prints = new Set<string>();
    for (let start = 0; start < text.length; start += bytesEach) {
      prints.add(text.slice(start, start + bytesEach));
    }
    return new ListedTags(bytes, prints);
  }

  has(tag: string): boolean {
    return this.#prints.has(print(tag));
  }
}

function print(tag: string): string {
  return createHash("sha256").update(tag).digest().toString("latin1", 0, bytesEach);
}
