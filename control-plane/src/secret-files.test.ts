import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { withSecretFiles } from "./secret-files.ts";

let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), "bridgeport-secret-")), "secret");
});
afterEach(() => rmSync(join(file, ".."), { recursive: true }));

test("a secret is read from the file that its variable names, without the end of the line", () => {
  writeFileSync(file, `${"5a".repeat(32)}\n`);
  const config = readConfig(withSecretFiles({ BRIDGEPORT_MASTER_KEY_FILE: file }));
  expect(config.masterKey).toBe("5a".repeat(32));
});

test("a variable that is empty is not set, as Compose hands them over", () => {
  writeFileSync(file, "a secret of some length\n");
  const read = withSecretFiles({ WEBHOOK_SECRET: "", WEBHOOK_SECRET_FILE: file });
  expect(readConfig(read).webhookSecret).toBe("a secret of some length");
  expect(readConfig(withSecretFiles({ WEBHOOK_SECRET_FILE: "" })).webhookSecret).toBeNull();
});

test.each([
  ["", "x", /^WEBHOOK_SECRET and WEBHOOK_SECRET_FILE are both set/],
  ["", undefined, /^WEBHOOK_SECRET_FILE=\S+ cannot be used: the file is empty/],
  [null, undefined, /^WEBHOOK_SECRET_FILE=\S+ cannot be read \(ENOENT\)/],
])("a file with %j beside %j is a sentence", (content, beside, message) => {
  if (content !== null) writeFileSync(file, content);
  const read = () => withSecretFiles({ WEBHOOK_SECRET: beside, WEBHOOK_SECRET_FILE: file });
  expect(read).toThrow(message);
});
