import { defineConfig } from "vitest/config";
import { testLimitMs, waitLimitMs } from "./test/harness/limit.ts";

// Groups run one after another, and never more than two workers share the machine: processes that
// are killed and a browser have it for themselves.
const serial = { pool: "forks", fileParallelism: false, maxWorkers: 1 } as const;
const parallel = { pool: "forks", maxWorkers: 2, maxConcurrency: 2 } as const;
const product = "{proto,control-plane,agent,client,cli,web}/**";
// No test asserts or assumes a time, and none is tried again: these only end what hangs.
const limits = {
  testTimeout: testLimitMs,
  hookTimeout: testLimitMs,
  teardownTimeout: testLimitMs,
  expect: { poll: { timeout: waitLimitMs } },
  retry: 0,
};
const sharedEngine = ["test/harness/shared-engine.ts"];

// What an engine of 2020 could do differently; everything else is tried on the newest one.
const oldEngine = [
  "agent/src/engine/replacement/{compose,cut-off,fidelity,recovery,replace,rollback,unsigned}.engine.test.ts",
  "agent/src/engine/{inspection,images/pull,images/pull-token}.engine.test.ts",
  "test/e2e/deploy.test.ts",
];

export default defineConfig({
  test: {
    ...limits,
    projects: [
      {
        extends: true,
        test: {
          ...parallel,
          name: "unit",
          include: [`${product}/*.test.ts`],
          exclude: [
            ...["**/node_modules/**", "**/dist/**", "web/**"],
            ...["**/*.db.test.ts", "**/*.engine.test.ts", "**/*.podman.test.ts"],
          ],
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
      // The console's state, compiled as it is for a browser but without one.
      {
        extends: "./web/vite.config.ts",
        root: "web",
        resolve: { conditions: ["browser"] },
        test: {
          ...limits,
          ...parallel,
          name: "unit-web",
          include: ["src/**/*.test.ts"],
          isolate: false,
          server: { deps: { inline: [/svelte/] } },
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
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          ...parallel,
          name: "engine",
          include: [`${product}/*.engine.test.ts`, "test/harness/*.engine.test.ts"],
          globalSetup: sharedEngine,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          ...parallel,
          name: "old-engine",
          include: oldEngine,
          globalSetup: sharedEngine,
          env: { BRIDGEPORT_TEST_ENGINE: "20.10" },
          sequence: { groupOrder: 4 },
        },
      },
      {
        extends: true,
        test: {
          ...parallel,
          name: "podman",
          include: ["agent/**/*.podman.test.ts"],
          globalSetup: sharedEngine,
          env: { BRIDGEPORT_TEST_ENGINE: "podman" },
          sequence: { groupOrder: 5 },
        },
      },
      {
        extends: true,
        test: {
          ...parallel,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          sequence: { groupOrder: 6 },
        },
      },
      {
        extends: true,
        test: {
          ...serial,
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          sequence: { groupOrder: 7 },
        },
      },
      {
        extends: true,
        test: {
          ...serial,
          name: "console",
          include: ["test/console/**/*.test.ts"],
          sequence: { groupOrder: 8 },
        },
      },
    ],
  },
});
