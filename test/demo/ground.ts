import { startEngine } from "../harness/engine.ts";
import { type EngineApi, engineApi } from "../harness/engine-api.ts";
import { isAlive, startTime } from "../harness/processes.ts";
import type { Belongings } from "./belongings.ts";
import { serverNames } from "./catalogue.ts";
import { demoLabel } from "./registry.ts";

/** A Docker Engine that becomes one of the demo's servers. */
export interface Ground {
  serverName: string;
  /** For DOCKER_HOST. */
  host: string;
  api: EngineApi;
}

/** Where the demo runs; see requirements.mjs. */
export type Place = { kind: "own" } | { kind: "existing"; socket: string };

/** The label's value on this demo's containers. */
export const owner = `${process.pid}-${startTime(process.pid)}`;

/** One Docker Engine for each server, or the one that is there already. */
export async function findGround(place: Place, belongings: Belongings): Promise<Ground[]> {
  if (place.kind === "existing")
    return [await belongings.keep("ground", () => borrow(place.socket))];
  // The engine that is installed here: the demo makes no other one.
  const engines = await Promise.all(
    serverNames.map((serverName) =>
      belongings.keep("ground", async () => ({
        serverName,
        ...(await startEngine({ version: "20.10" })),
      })),
    ),
  );
  return engines;
}

/** The engine's platform, as images name it. */
export async function platformOf({ api }: Ground): Promise<string> {
  const { Os, Arch } = await api.call<{ Os: string; Arch: string }>("GET", "/version");
  return `${Os}/${Arch}`;
}

interface Listed {
  Id: string;
  Labels: Record<string, string>;
}

async function borrow(socket: string): Promise<Ground & { remove(): Promise<void> }> {
  const api = engineApi(socket);
  const labelled = `filters=${encodeURIComponent(JSON.stringify({ label: [demoLabel] }))}`;
  const list = () => api.call<Listed[]>("GET", `/containers/json?all=1&${labelled}`);
  const clear = async (): Promise<void> => {
    for (const { Id } of await list()) {
      await api.request("DELETE", `/containers/${Id}?force=1&v=1`);
    }
    for (const { Id } of await api.call<Listed[]>("GET", `/images/json?${labelled}`)) {
      await api.request("DELETE", `/images/${Id}?force=1`);
    }
  };
  for (const { Labels } of await list()) {
    const [pid, started] = (Labels[demoLabel] ?? "").split("-");
    if (isAlive(Number(pid), started)) {
      throw new Error(`A demo (process ${pid}) is running on this engine already; end that first.`);
    }
  }
  await clear();
  return {
    serverName: "docker",
    host: `unix://${socket}`,
    api,
    async remove() {
      await clear();
      api.close();
    },
  };
}
