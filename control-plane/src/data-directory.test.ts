import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConfigError } from "./config.ts";
import { claimDataDirectory } from "./data-directory.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "bridgeport-"));
});
afterAll(() => rmSync(root, { recursive: true }));

test("is made with its parents, for this user alone, and is ours from then on", async () => {
  const path = join(root, "a", "b");
  await claimDataDirectory(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  await expect(claimDataDirectory(path)).rejects.toThrow(/Another Bridgeport is using/);
});

test("that cannot be had is one line that says so", async () => {
  const file = join(root, "file");
  writeFileSync(file, "");
  for (const path of ["/proc/nothing", file, join(file, "below")]) {
    await expect(claimDataDirectory(path)).rejects.toThrow(ConfigError);
  }
});
