// A process with the links of several agents, which come again as often as their connections are cut, and
// at once: what one agent does in months. Told over IPC; it ends with its parent.

import { connectEngine } from "../../../agent/src/engine/client.ts";
import { reconnectTiming } from "../../../agent/src/link/reconnect.ts";
import { logEngine } from "../../harness/fleet/log-engine.ts";
import type { JoinedAgent } from "../../harness/fleet/messages.ts";
import { SimulatedAgent } from "../../harness/fleet/simulated-agent.ts";

const containers = 20;
Object.assign(reconnectTiming, { baseMs: 50, maxMs: 400, quickMs: 50, minMs: 10 });
const engine = connectEngine((await logEngine()).host);
let agents: SimulatedAgent[] = [];
let sessions = 0;

process.on("message", (order: { agents: JoinedAgent[] } | { change: number }) => {
  if ("agents" in order) {
    agents = order.agents.map((joined) => new SimulatedAgent(joined, containers, engine));
    for (const agent of agents) agent.connect();
  } else {
    for (let at = 0; at < order.change; at += 1) {
      agents[at % agents.length]?.change(Math.floor(at / agents.length) % containers);
    }
  }
});
setInterval(() => {
  sessions = agents.reduce(
    (sum, { ends }) => sum + [...ends.values()].reduce((a, b) => a + b, 0),
    0,
  );
  const connected = agents.filter(({ connected }) => connected).length;
  process.send?.({ connected, ended: sessions });
}, 20);
process.on("disconnect", () => process.exit(0));
