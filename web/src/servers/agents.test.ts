import { expect, test } from "vitest";
import { agentCounts, agentNote, agentsNote } from "./agents.ts";

const server = { agentVersion: "1.0.0", agentOutdated: true, agentUpgrade: null };
const upgrade = (status: "queued" | "running" | "failed" | "cancelled" | "succeeded") => ({
  ...server,
  agentUpgrade: { status, from: "1.0.0", to: "1.1.0", error: "It did not start." },
});

test.each([
  [{ ...server, agentOutdated: false }, null],
  [server, { tone: "info", title: "The agent 1.0.0 is outdated", offers: true }],
  [upgrade("queued"), { title: "The agent's upgrade to 1.1.0 waits", offers: false }],
  [upgrade("running"), { title: expect.stringContaining("being upgraded"), offers: false }],
  [upgrade("failed"), { tone: "bad", text: "It did not start.", offers: true }],
  [upgrade("cancelled"), { tone: "warn", text: "It did not start.", offers: true }],
  [{ ...upgrade("succeeded"), agentOutdated: false }, null],
  [{ ...upgrade("failed"), agentOutdated: false }, null],
])("what is said of an agent", (of, note) => {
  if (note === null) expect(agentNote(of)).toBeNull();
  else expect(agentNote(of)).toMatchObject(note);
});

test("agents are counted by what can be done with them", () => {
  const online = { status: "online" as const };
  expect(
    agentCounts([
      { ...server, ...online },
      { ...server, status: "offline" },
      { ...upgrade("running"), ...online },
      { ...server, ...online, agentOutdated: false },
    ]),
  ).toEqual({ outdated: 3, upgradable: 1, underWay: 1 });
});

test.each([
  { outdated: 0, upgradable: 0, underWay: 0, note: null },
  { outdated: 2, upgradable: 0, underWay: 0, note: { title: "2 agents outdated", offers: true } },
  {
    outdated: 2,
    upgradable: 1,
    underWay: 1,
    note: { title: "1 agent being upgraded or waiting for it", offers: true },
  },
  { outdated: 1, upgradable: 0, underWay: 1, note: { offers: false } },
])("what is said of agents: %o", ({ note, ...counts }) => {
  if (note === null) expect(agentsNote(counts)).toBeNull();
  else expect(agentsNote(counts)).toMatchObject(note);
});
