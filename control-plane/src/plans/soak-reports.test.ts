import { expect, test } from "vitest";
import type { SeenContainer, Snapshot, SnapshotStep } from "./plan.ts";
import { judgeSoak, soakGraceMs } from "./soak.ts";

/* What a soak makes of reports that are older than the deploy that it follows. */

const startedAt = 1_000_000;
const run = { kind: "run", containerId: "new", running: true, previousContainerId: "old" };
const steps = [
  { action: "deploy", servicePosition: 0, command: { outcome: { ok: true, body: run } } },
  {
    ...{ action: "soak", status: "running", batch: 1, startedAt, deadlineAt: null },
    soak: { durationMs: 60_000, pauses: false, start: null },
  },
];

function judged(container: Partial<NonNullable<SeenContainer["container"]>>, now = startedAt) {
  const seen = {
    current: true,
    container: { id: "new", health: "healthy", restartCount: 0, startedAt: 5, ...container },
  };
  const service = { position: 0, name: "web", serverName: "one", batch: 1, exists: true, seen };
  const snapshot = { steps, services: [service], listeningSince: 0 } as unknown as Snapshot;
  return judgeSoak(snapshot, steps[1] as unknown as SnapshotStep, now);
}

test("its time begins with a report of the container that runs", () => {
  expect(judged({ state: "running" }).kind).toBe("begin");
});

test("a report of before the start is no news, for as long as another one may come", () => {
  expect(judged({ state: "created", health: "starting" })).not.toMatchObject({ kind: "failed" });
  expect(judged({ state: "created" }).kind).not.toBe("begin");
  expect(judged({ state: "created" }, startedAt + soakGraceMs)).toMatchObject({
    kind: "failed",
    error: "web on one does not run (created).",
  });
});

test("one that has ended fails it at once", () => {
  expect(judged({ state: "exited" })).toMatchObject({
    ...{ kind: "failed", positions: [0] },
    error: "web on one does not run (exited).",
  });
});
