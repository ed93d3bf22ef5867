import { spawn } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cliFile } from "../harness/cli.ts";
import { createScratch, environmentOf, type Scratch } from "../harness/scratch.ts";

let scratch: Scratch;

beforeAll(() => {
  scratch = createScratch("cli-output");
});
afterAll(async () => {
  await scratch?.remove();
});

/** Runs a command of bash that can use "$@" for the command line. */
function bash(command: string): Promise<{ code: number | null; err: string }> {
  const child = spawn("bash", ["-c", command, "bash", process.execPath, cliFile], {
    cwd: scratch.dir,
    env: environmentOf(scratch.dir),
  });
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, err }));
  });
}

test("what nobody reads has not succeeded", async () => {
  // A pipe whose reader has gone before anything is written.
  const unread = `mkfifo pipe; exec 4<>pipe 3>pipe 4<&-; exec "$@" completion bash >&3`;
  expect(await bash(unread)).toEqual({ code: 141, err: "" });
});

test("what cannot be written is said in a sentence", async () => {
  const { code, err } = await bash(`exec "$@" completion bash > /dev/full`);
  expect(code).toBe(1);
  expect(err).toMatch(/^Error: The output cannot be written: ENOSPC.*\n$/);
});
