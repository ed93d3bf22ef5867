/** Takes a stream of bytes apart into pieces of known lengths. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #waiting: Buffer[] = [];
  #length = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** @returns the next `length` bytes; null when the stream ends before them */
  async take(length: number): Promise<Buffer | null> {
    while (this.#length < length) {
      const { done, value } = await this.#source.next();
      if (done) return null;
      if (value.length === 0) continue;
      this.#waiting.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      this.#length += value.length;
    }
    const all = this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting);
    const bytes = all ?? Buffer.alloc(0);
    const rest = bytes.subarray(length);
    this.#waiting = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    return bytes.subarray(0, length);
  }

  async atEnd(): Promise<boolean> {
    while (this.#length === 0) {
      const { done, value } = await this.#source.next();
      if (done) return true;
      if (value.length === 0) continue;
      this.#waiting.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      this.#length += value.length;
    }
    return false;
  }

  /** Tells the source that nothing more will be read. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

/** Joins small pieces, and cuts large ones, into pieces of `size` bytes; the last one may be shorter. */
export async function* inPieces(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Buffer> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const piece of source) {
    waiting.push(piece);
    length += piece.length;
    if (length < size) continue;
    const bytes = Buffer.concat(waiting);
    let from = 0;
    for (; bytes.length - from >= size; from += size) yield bytes.subarray(from, from + size);
    const rest = bytes.subarray(from);
    waiting = rest.length > 0 ? [rest] : [];
    length = rest.length;
  }
  if (length > 0) yield Buffer.concat(waiting);
}
