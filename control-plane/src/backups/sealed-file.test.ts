import { describe, expect, test } from "vitest";
import { readParts, writeParts } from "./parts.ts";
import { type Lock, seal, unseal } from "./sealed-file.ts";

const masterKey = "ab".repeat(32);
const lock: Lock = { masterKey };
/** Three whole chunks and a bit. */
const plain = Buffer.alloc(3 * 64 * 1024 + 17, "bridgeport");

async function* bytes(...pieces: Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}

async function all(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

const sealed = (text: Buffer, by: Lock = lock) => all(seal(bytes(text), by));
const opened = (file: Buffer, secret = masterKey) => all(unseal(bytes(file), () => secret));

/** Where each chunk begins, the end last. */
function chunksOf(file: Buffer): number[] {
  const places = [22 + file.readUInt32BE(18)];
  for (let at = places[0] ?? 0; at < file.length; ) {
    at += 4 + file.readUInt32BE(at) + 16;
    places.push(at);
  }
  return places;
}

test("what was sealed is opened again, in whatever pieces it comes", async () => {
  const file = await sealed(plain);
  expect((await opened(file)).equals(plain)).toBe(true);
  const pieces = Array.from({ length: Math.ceil(file.length / 1009) }, (_, i) =>
    file.subarray(i * 1009, (i + 1) * 1009),
  );
  expect((await all(unseal(bytes(...pieces), () => masterKey))).equals(plain)).toBe(true);
  expect(await opened(await sealed(Buffer.alloc(0)))).toEqual(Buffer.alloc(0));
  expect(file.includes("bridgeportbridgeport")).toBe(false);
});

test("a passphrase opens what it sealed, and no other does", async () => {
  const file = await sealed(plain, { passphrase: "correct horse battery" });
  expect((await opened(file, "correct horse battery")).equals(plain)).toBe(true);
  await expect(opened(file, "incorrect horse battery")).rejects.toThrow(
    "This is not the passphrase of this backup",
  );
});

test("a file that was cut is refused wherever it was cut", async () => {
  const file = await sealed(plain);
  const chunks = chunksOf(file);
  expect(chunks).toHaveLength(5);
  const places = chunks.slice(0, -1).flatMap((at) => [at, at + 1, at + 4, at + 5, at + 20]);
  for (const at of [18, 20, 25, ...places, file.length - 1]) {
    await expect(opened(file.subarray(0, at)), `cut at ${at}`).rejects.toThrow(/was cut|damaged/);
  }
});

test("a byte that was changed is noticed wherever it is", async () => {
  const file = await sealed(plain);
  const chunks = chunksOf(file);
  const places = chunks.slice(0, -1).flatMap((at) => [at + 4, at + 15]);
  for (const at of [0, 17, 40, 60, 100, 130, ...places, ...chunks.slice(1).map((end) => end - 1)]) {
    const changed = Buffer.from(file);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await expect(opened(changed), `changed at ${at}`).rejects.toThrow(
      /changed or is damaged|beginning of (this backup|the file) is damaged|not a backup|was cut/,
    );
  }
});

test("chunks are taken in their order, from their file, and none behind the end", async () => {
  const file = await sealed(plain);
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = chunksOf(file);
  const part = (from: number, to: number, of = file) => of.subarray(from, to);
  const swapped = Buffer.concat([part(0, a), part(b, c), part(a, b), part(c, e)]);
  await expect(opened(swapped)).rejects.toThrow("changed or is damaged (at chunk 1)");
  const twice = Buffer.concat([part(0, b), part(a, e)]);
  await expect(opened(twice)).rejects.toThrow("changed or is damaged (at chunk 2)");
  const dropped = Buffer.concat([part(0, c), part(d, e)]);
  await expect(opened(dropped)).rejects.toThrow("changed or is damaged (at chunk 3)");
  const other = await sealed(plain);
  const mixed = Buffer.concat([part(0, b), part(b, e, other)]);
  await expect(opened(mixed)).rejects.toThrow("changed or is damaged (at chunk 2)");
  await expect(opened(Buffer.concat([file, part(d, e)]))).rejects.toThrow("added behind the end");
});

test("another file, and a format of the future, are called that", async () => {
  await expect(opened(Buffer.from("PGDMP and more of it"))).rejects.toThrow("not a backup");
  await expect(opened(Buffer.alloc(0))).rejects.toThrow("not a backup");
  const header = Buffer.from('{"format":2,"news":true}');
  const length = Buffer.from([0, 0, 0, header.length]);
  const file = Buffer.concat([Buffer.from("BRIDGEPORT BACKUP\n"), length, header]);
  await expect(opened(file)).rejects.toThrow("has the format 2, and this version");
});

test.each([
  ["a cost that is no power of two", { n: 100_000, r: 8, p: 1 }],
  ["a cost of gigabytes", { n: 2 ** 20, r: 16, p: 1 }],
])("a header with %s is damaged, and not tried", async (_, cost) => {
  const lock = { kind: "passphrase", salt: "AAAA", ...cost };
  const header = Buffer.from(JSON.stringify({ format: 1, lock, check: "" }));
  const length = Buffer.from([0, 0, 0, header.length]);
  const file = Buffer.concat([Buffer.from("BRIDGEPORT BACKUP\n"), length, header]);
  await expect(opened(file)).rejects.toThrow("The beginning of this backup is damaged");
});

describe("parts", () => {
  async function* two() {
    yield { name: "one", about: { rows: 1 }, data: bytes(Buffer.from("first"), Buffer.from("!")) };
    yield { name: "two", about: null, data: bytes() };
  }

  test("come with their names and their data", async () => {
    const read: unknown[] = [];
    for await (const { name, about, data } of readParts(writeParts(two()))) {
      read.push([name, about, (await all(data)).toString()]);
    }
    expect(read).toEqual([
      ["one", { rows: 1 }, "first!"],
      ["two", null, ""],
    ]);
  });

  test("that nobody reads are checked all the same", async () => {
    const changed = Buffer.from(
      (await all(writeParts(two()))).toString("latin1").replace("first", "First"),
      "latin1",
    );
    const readAll = async () => {
      for await (const _ of readParts(bytes(changed)));
    };
    await expect(readAll()).rejects.toThrow("not what was written (in one)");
  });
});
