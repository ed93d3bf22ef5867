import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StartRefused } from "../start-refused.ts";
import { lockStateDirectory } from "./lock.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lock-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("a second agent waits, then says which process holds the lock", async () => {
  const lock = await lockStateDirectory(directory);
  const waited: string[] = [];
  const error = await lockStateDirectory(directory, 150, (holder) => waited.push(holder)).catch(
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(StartRefused);
  expect(error.message).toContain(`is in use by another agent (process ${process.pid} since 2`);
  expect(waited).toHaveLength(1);
  await lock.release();
});

test("a second agent continues when the first releases the lock", async () => {
  const first = await lockStateDirectory(directory);
  const second = lockStateDirectory(directory, 10_000, () => void first.release());
  await (await second).release();
});

test("another path to the same directory is the same lock", async () => {
  const link = `${directory}-link`;
  await symlink(directory, link);
  const lock = await lockStateDirectory(directory);
  await expect(lockStateDirectory(link, 0)).rejects.toThrow(/in use/);
  await lock.release();
  await rm(link);
});

test("another directory is another lock", async () => {
  const other = await mkdtemp(join(tmpdir(), "lock-"));
  const locks = [await lockStateDirectory(directory), await lockStateDirectory(other)];
  for (const lock of locks) await lock.release();
  await rm(other, { recursive: true });
});
