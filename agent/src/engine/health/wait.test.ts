import { PassThrough } from "node:stream";
import type { HealthGate } from "@bridgeport/proto";
import { expect, test } from "vitest";
import { waitUntil } from "../../wait-until.fixture.ts";
import { connectEngine } from "../client.ts";
import { runningForMs } from "../container/runs.ts";
import type { Dial } from "../dial.ts";
import { awaitHealthy } from "./await-healthy.ts";

const anHour = 3_600_000;
const gate: HealthGate = { waitMs: null, retries: 0, intervalMs: 10, url: null, probe: "engine" };
const endless = { signal: new AbortController().signal, deadlineAt: null };
const check = { Test: ["CMD", "true"], StartPeriod: 3_600e9 };

/** An engine with one container, whose events and state the test makes. */
function scriptedEngine(
  startedAt: Date,
  more: { Healthcheck?: object; RestartCount?: number } = {},
) {
  const engine = connectEngine("unix:///nothing-is-sent.sock");
  const events: PassThrough[] = [];
  let looks = 0;
  const container = {
    Id: "a",
    Name: "/web",
    Created: startedAt.toISOString(),
    RestartCount: more.RestartCount ?? 0,
    State: {
      Status: "running",
      Running: true,
      Restarting: false,
      Paused: false,
      ExitCode: 0,
      FinishedAt: "0001-01-01T00:00:00Z",
      StartedAt: startedAt.toISOString(),
      Health: { Status: "starting" },
    },
    Config: { Healthcheck: more.Healthcheck },
    HostConfig: {},
    NetworkSettings: {},
  };
  const { modem } = engine.docker as { modem: { dial: Dial } };
  modem.dial = ({ path, abortSignal, options }, answer) => {
    if (path.startsWith("/events")) {
      const stream = new PassThrough();
      abortSignal?.addEventListener("abort", () => stream.destroy());
      // What is asked for up to a time ends.
      if ((options as { until?: number }).until !== undefined) stream.end();
      else events.push(stream);
      answer(null, stream);
    } else if (path.startsWith("/info")) {
      answer(null, { SystemTime: new Date(startedAt.getTime() + 1_000).toISOString() });
    } else if (path.includes("/logs")) answer(null, Buffer.alloc(0));
    else {
      looks += 1;
      answer(null, structuredClone(container));
    }
  };
  return { engine, container, events, looks: () => looks };
}

async function begin(scripted: ReturnType<typeof scriptedEngine>, more: Partial<HealthGate> = {}) {
  let settled = false;
  const result = awaitHealthy(scripted.engine, "a", "web", { ...gate, ...more }, endless);
  result
    .catch(() => undefined)
    .finally(() => {
      settled = true;
    });
  await waitUntil("it is looked at", () => scripted.looks() > 0);
  return { result, settled: () => settled };
}

test.each([
  ["behind", -60_000],
  ["ahead of", 60_000],
])("an engine whose clock is %s the agent's: the gate counts its own time", async (_, skew) => {
  const scripted = scriptedEngine(new Date(Date.now() + skew));
  const { result } = await begin(scripted, { waitMs: 30_000 });
  scripted.events[0]?.write(
    `${JSON.stringify({ Action: "die", Actor: { Attributes: { exitCode: "3" } } })}\n`,
  );
  await expect(result).rejects.toMatchObject({ code: "exited", exitCode: 3 });
});

test("what the agent has seen it run counts, and no other run", () => {
  const { engine, container } = scriptedEngine(new Date(0));
  const running = { Id: "a", State: { ...container.State, StartedAt: "2026-01-01T00:00:00Z" } };
  expect(runningForMs(engine, running)).toBe(0);
  expect(runningForMs(engine, running)).toBeGreaterThan(0);
  const later = { Id: "a", State: { ...running.State, StartedAt: "2026-01-01T00:00:01Z" } };
  expect(runningForMs(engine, later)).toBe(0);
  expect(runningForMs(engine, { ...later, State: { ...later.State, Running: false } })).toBe(0);
  expect(runningForMs(engine, later)).toBe(0);
});

test("a young container that was restarted is refused, by the engine's own clock", async () => {
  const scripted = scriptedEngine(new Date(Date.now() - 10 * 60_000), { RestartCount: 2 });
  const { result } = await begin(scripted, { waitMs: 1 });
  await expect(result).rejects.toMatchObject({ message: expect.stringMatching(/keeps ending/) });
});

test("events that are cut are opened again, and the gate goes on", async () => {
  const scripted = scriptedEngine(new Date(), { Healthcheck: check });
  const { result, settled } = await begin(scripted);
  for (const cut of [0, 1]) {
    scripted.events[cut]?.destroy();
    await waitUntil("they are open again", () => scripted.events[cut + 1]);
  }
  expect(settled()).toBe(false);
  scripted.events[2]?.write('{"Action":"health_status: healthy"}\n');
  expect(await result).toMatchObject({ method: "engine", health: "healthy" });
});

test.each([
  ["it was found healthy", (c: Scripted) => (c.State.Health = { Status: "healthy" }), "healthy"],
  [
    "it was found unhealthy",
    (c: Scripted) => (c.State.Health = { Status: "unhealthy" }),
    /unhealthy/,
  ],
  ["it ended", (c: Scripted) => Object.assign(c.State, { Running: false, ExitCode: 7 }), /code 7/],
  ["it was restarted", (c: Scripted) => (c.RestartCount = 1), /does not run|ended|exited|healthy/],
  ["another run began", (c: Scripted) => (c.State.StartedAt = new Date(anHour).toISOString()), /./],
])("what happened while there were no events is seen: %s", async (_, happens, end) => {
  const scripted = scriptedEngine(new Date(), { Healthcheck: check });
  const { result } = await begin(scripted);
  happens(scripted.container);
  scripted.events[0]?.destroy();
  if (end === "healthy") expect(await result).toMatchObject({ health: "healthy" });
  else await expect(result).rejects.toThrow(end);
});

type Scripted = ReturnType<typeof scriptedEngine>["container"];
