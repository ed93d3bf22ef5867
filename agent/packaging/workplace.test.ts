import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
// @ts-expect-error plain JavaScript
import { workplaceIn } from "./workplace.mjs";

test("what a process that was killed has left is cleared away, and nothing else", () => {
  const cache = mkdtempSync(join(tmpdir(), "workplace-"));
  try {
    const { pid: ended } = spawnSync("true");
    const living = `unfinished-${process.ppid}-a`;
    for (const name of [`unfinished-${ended}-a`, living, "node-24"]) mkdirSync(join(cache, name));
    const own = workplaceIn(cache) as string;
    expect(readdirSync(cache).sort()).toEqual(["node-24", living, basename(own)].sort());
  } finally {
    rmSync(cache, { recursive: true });
  }
});
