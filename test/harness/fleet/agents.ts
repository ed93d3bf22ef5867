// A process of simulated agents, told what to do over IPC by fleet.ts. It ends with its parent.
import { connectEngine } from "../../../agent/src/engine/client.ts";
import { logEngine } from "./log-engine.ts";
import type { FleetAnswer, FleetOrder, Standing } from "./messages.ts";
import { SimulatedAgent } from "./simulated-agent.ts";

const engine = await logEngine();
let agents: SimulatedAgent[] = [];
let containers = 0;
let events = 0;
/** which agent and which of its containers is next */
let turn = 0;
let rate = { perSecond: 0, toldPerSecond: 0 };

const say = (answer: FleetAnswer) => void process.send?.(answer);

/** The first container of each is left to the events that are told of one by one. */
function next(): void {
  const agent = agents[turn % agents.length];
  const round = Math.floor(turn / agents.length);
  turn += 1;
  events += 1;
  agent?.change(1 + (round % (containers - 1)));
}

let told = 0;
function tell(): void {
  // Far from the one before, so that no two of an agent wait for each other.
  const agent = agents[(told * 37) % agents.length];
  told += 1;
  events += 1;
  if (agent) say({ kind: "told", event: agent.change(0) });
}

function standing(): Standing {
  const ends: Standing["ends"] = {};
  for (const agent of agents) {
    for (const [reason, times] of agent.ends) {
      const known = ends[reason] ?? { agents: 0, most: 0 };
      ends[reason] = { agents: known.agents + 1, most: Math.max(known.most, times) };
    }
  }
  return { connected: agents.filter(({ connected }) => connected).length, events, ends };
}

/** Does what is due since the last tick, so that the rate is kept where this process is held up. */
function pace(): void {
  let since = performance.now();
  const due = { events: 0, told: 0 };
  setInterval(() => {
    const seconds = Math.min(1, (performance.now() - since) / 1000);
    since = performance.now();
    due.events += seconds * (rate.perSecond - rate.toldPerSecond);
    due.told += seconds * rate.toldPerSecond;
    for (; due.events >= 1; due.events -= 1) next();
    for (; due.told >= 1; due.told -= 1) tell();
  }, 10);
}

process.on("message", (order: FleetOrder) => {
  switch (order.kind) {
    case "agents": {
      containers = order.containers;
      const client = connectEngine(engine.host);
      agents = order.agents.map((joined) => new SimulatedAgent(joined, containers, client));
      pace();
      return say({ kind: "ready" });
    }
    case "connect":
      for (const agent of agents) agent.connect();
      return;
    case "rate":
      rate = order;
      return;
    case "burst":
      for (let made = 0; made < order.events; made += 1) next();
      return;
    case "standing":
      say({ kind: "standing", ...standing() });
      if (order.forget) for (const agent of agents) agent.forgetEnds();
      return;
    case "states":
      return say({ kind: "states", states: agents.flatMap((agent) => agent.states()) });
  }
});
process.on("disconnect", () => process.exit(0));
