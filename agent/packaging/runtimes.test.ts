import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
// @ts-expect-error plain JavaScript
import { runtimeFor } from "./runtimes.mjs";

const path = process.env.PATH;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "runtimes-"));
  process.env.PATH = `${directory}:${path}`;
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(directory, { recursive: true });
});

/** An npm that does this; the last of its arguments is where to put the package. */
function npmThat(does: string): void {
  writeFileSync(join(directory, "npm"), `#!/bin/sh\nfor last; do :; done\n${does}\n`, {
    mode: 0o755,
  });
}

test("where npm's registry cannot be reached, it is said with what npm said", async () => {
  npmThat("echo ENOTFOUND >&2; exit 1");
  const cache = join(directory, "cache");
  await expect(runtimeFor("linux-x64", cache)).rejects.toThrow(
    /npm's registry, which is needed once.*set npm's registry or proxy.*ENOTFOUND/,
  );
  expect(readdirSync(cache)).toEqual([]);
});

test("another package than the pinned one is refused, and nothing of it is kept", async () => {
  npmThat('echo other >"$last/node.tgz"');
  const cache = join(directory, "cache");
  await expect(runtimeFor("linux-arm64", cache)).rejects.toThrow("its hash is sha512-");
  expect(readdirSync(cache)).toEqual([]);
});

test("what is there already needs no npm", async () => {
  npmThat("exit 1");
  writeFileSync(join(directory, "node-24.22.3-linux-x64"), "");
  expect(await runtimeFor("linux-x64", directory)).toBe(join(directory, "node-24.22.3-linux-x64"));
});
