import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type EmbeddedPostgres, EmbeddedPostgresError, startEmbeddedPostgres } from "./embedded.ts";

let directory: string;
let server: EmbeddedPostgres | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bp-embedded-"));
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const settings = ["fsync=off"];

test("a server that hangs is named with its process and its log, and what to do about it", async () => {
  server = await startEmbeddedPostgres(directory, { settings });
  const pid = server.pid();
  process.kill(pid, "SIGSTOP");
  try {
    const problem = await startEmbeddedPostgres(directory, { settings, patienceMs: 500 }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(problem).toBeInstanceOf(EmbeddedPostgresError);
    const { message } = problem as Error;
    expect(message).toContain(`kill -INT ${pid}`);
    expect(message).toContain(join(directory, "postgres.log"));
    expect(message).toContain("DATABASE_URL");
    expect(message).not.toContain("\n");
  } finally {
    process.kill(pid, "SIGCONT");
  }
});

test("a server that a crash of ours has left behind is taken over", async () => {
  const first = await startEmbeddedPostgres(directory, { settings });
  server = await startEmbeddedPostgres(directory, { settings, patienceMs: 5000 });
  expect(server.pid()).toBe(first.pid());
  await first.stop();
});
