import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { appendDurably, appendWhole } from "./durable-file.ts";

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "durable-"));
  path = join(directory, "file");
  await writeFile(path, "first\n");
});
afterEach(() => rm(directory, { recursive: true }));

/** The file on a disk that writes at most `perWrite` bytes at a time, and is full after `total`. */
async function fileOnSmallDisk(perWrite: number, total: number) {
  const file = await open(path, "r+");
  let left = total;
  return {
    truncate: (size?: number) => file.truncate(size),
    close: () => file.close(),
    async write(data: Buffer, offset: number, length: number, position: number) {
      if (left === 0) throw Object.assign(new Error("full"), { code: "ENOSPC" });
      const written = Math.min(perWrite, left, length);
      left -= written;
      return file.write(data, offset, written, position);
    },
  };
}

describe("an append", () => {
  test("comes after the existing content, and fails where the file is missing", async () => {
    await appendDurably(path, "zweite Zeile, größer\n");
    await appendDurably(path, "third\n");
    expect(await readFile(path, "utf8")).toBe("first\nzweite Zeile, größer\nthird\n");
    await expect(appendDurably(join(directory, "none"), "x")).rejects.toThrow("ENOENT");
  });

  test("is complete where the disk writes a part at a time", async () => {
    const file = await fileOnSmallDisk(3, 1000);
    await appendWhole(file, 6, Buffer.from("a longer line\n"));
    await file.close();
    expect(await readFile(path, "utf8")).toBe("first\na longer line\n");
  });

  test("leaves nothing where the disk is full after a part", async () => {
    const file = await fileOnSmallDisk(3, 5);
    await expect(appendWhole(file, 6, Buffer.from("a longer line\n"))).rejects.toThrow("full");
    await file.close();
    expect(await readFile(path, "utf8")).toBe("first\n");
  });
});
