import { defineConfig } from "vitest/config";

// Groups run one after another, so that never more than two workers share the machine, and faults
// and the browser have it for themselves.
const serial = { pool: "forks", fileParallelism: false, maxWorkers: 1 } as const;
const parallel = { pool: "forks", maxWorkers: 2 } as const;
// What drives real engines, registries and browsers on a shared machine is tried again before it
// counts as broken; a test that needs that is in the report.
const retry = process.env.CI ? 2 : 0;
const product = "{proto,control-plane,agent,web}/**";

export default defineConfig({
  test: {
    // What is waited for comes soon; a busy machine may take its time.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: {
          ...parallel,
          name: "unit",
          include: [`${product}/*.test.ts`],
          exclude: ["**/node_modules/**", "**/dist/**", "**/*.db.test.ts", "**/*.engine.test.ts"],
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...parallel,
          name: "db",
          include: [`${product}/*.db.test.ts`],
          globalSetup: ["control-plane/src/database/test-database.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          ...parallel,
          name: "engine",
          retry,
          include: [`${product}/*.engine.test.ts`, "test/harness/*.engine.test.ts"],
          globalSetup: ["test/harness/shared-engine.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          ...parallel,
          name: "e2e",
          retry,
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 4 },
        },
      },
      {
        extends: true,
        test: {
          ...serial,
          name: "faults",
          retry,
          include: ["test/faults/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 5 },
        },
      },
      {
        extends: true,
        test: {
          ...serial,
          name: "console",
          retry,
          include: ["test/console/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 6 },
        },
      },
    ],
  },
});
