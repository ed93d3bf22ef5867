import { once } from "node:events";
import { WebSocket } from "ws";
import type { Api } from "../../harness/api.ts";
import type { ToldEvent } from "../../harness/fleet/fleet.ts";
import { waitFor } from "../../harness/wait.ts";

interface Container {
  name: string;
  state: string;
}

/** How long events took, in milliseconds. */
export interface Latencies {
  /** until the API answered with them */
  api: number[];
  /** until they were told over the WebSocket */
  live: number[];
}

/** Waits for the events that it is given, in the API and on the WebSocket. */
export interface LatencyProbe {
  expect(event: ToldEvent): void;
  /** Resolves when everything that was expected has come, or has not for `limitMs`; forgets it. */
  taken(limitMs: number): Promise<Latencies & { missing: number }>;
  close(): void;
}

/** How often the API is asked for an event that has not come. */
const everyMs = 20;

export async function latencyProbe(api: Api, environmentId: string): Promise<LatencyProbe> {
  const socket = new WebSocket(`${api.url.replace("http", "ws")}/api/ws`);
  socket.on("error", () => undefined);
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "auth", token: api.token }));
  socket.send(JSON.stringify({ type: "subscribe", topics: [`environment:${environmentId}`] }));

  const waiting = new Map<string, number>();
  let latencies: Latencies = { api: [], live: [] };
  let open = 0;
  let round = 0;
  socket.on("message", (text) => {
    const now = Date.now();
    const { event, data } = JSON.parse(String(text)) as {
      event: string;
      data?: { id: string; serverId: string };
    };
    if (event !== "container.changed" || !data) return;
    const key = `${data.serverId} ${data.id}`;
    const at = waiting.get(key);
    if (at === undefined) return;
    waiting.delete(key);
    latencies.live.push(now - at);
  });

  async function untilRead({ serverId, name, state, at }: ToldEvent): Promise<void> {
    const mine = round;
    const { api: found } = latencies;
    open += 1;
    while (mine === round) {
      const path = `/api/servers/${serverId}/containers?limit=100`;
      const { containers } = await api.get<{ containers: Container[] }>(path);
      if (containers.some((each) => each.name === name && each.state === state)) {
        found.push(Date.now() - at);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    if (mine === round) open -= 1;
  }

  return {
    expect(event) {
      waiting.set(`${event.serverId} ${event.name}`, event.at);
      untilRead(event).catch(() => undefined);
    },
    async taken(limitMs) {
      await waitFor(() => open === 0, { what: "events", timeoutMs: limitMs }).catch(
        () => undefined,
      );
      const taken = { ...latencies, missing: open };
      latencies = { api: [], live: [] };
      waiting.clear();
      round += 1;
      open = 0;
      return taken;
    },
    close: () => socket.terminate(),
  };
}
