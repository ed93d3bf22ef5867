import type { Engine } from "../harness/engine.ts";
import { watchEvents } from "../harness/engine-events.ts";
import type { PushedImage } from "../harness/images.ts";

/**
 * The floor: the shortest sequence of bare Engine API calls that replaces a container and waits for
 * its health, as a careful person would script it. Per service: pull by digest, rename, stop,
 * create, start, wait until the engine says healthy, remove the old one.
 */
export interface Floor {
  /** Creates and starts services, and waits until they are healthy; the first is published. */
  create(names: string[], image: PushedImage, firstPort: number): Promise<void>;
  /** Stops probes and everything else of an idle set. */
  pause(names: string[], paused: boolean): Promise<void>;
  /** Moves all services to the image. */
  roll(names: string[], image: PushedImage, parallel: boolean): Promise<void>;
  close(): void;
}

interface Inspected {
  Id: string;
  Config: Record<string, unknown>;
  HostConfig: Record<string, unknown>;
}

/** Speaks to one engine; health is learned from its events, without polling. */
export async function floor({ api, socket }: Engine): Promise<Floor> {
  const healthy = new Set<string>();
  const waiting = new Map<string, () => void>();
  const close = await watchEvents(socket, ({ Action, Actor }) => {
    if (Action !== "health_status: healthy") return;
    healthy.add(Actor.ID);
    waiting.get(Actor.ID)?.();
  });
  const untilHealthy = (id: string): Promise<void> =>
    healthy.has(id) ? Promise.resolve() : new Promise((resolve) => waiting.set(id, resolve));

  const pull = async (image: PushedImage): Promise<string> => {
    const reference = `${image.name}@${image.digest}`;
    await api.call("POST", `/images/create?fromImage=${encodeURIComponent(reference)}`);
    return reference;
  };
  const start = async (name: string, body: unknown): Promise<void> => {
    const { Id } = await api.call<{ Id: string }>("POST", `/containers/create?name=${name}`, body);
    await api.call("POST", `/containers/${Id}/start`);
    await untilHealthy(Id);
  };
  const replace = async (name: string, image: PushedImage): Promise<void> => {
    const reference = await pull(image);
    const old = await api.call<Inspected>("GET", `/containers/${name}/json`);
    await api.call("POST", `/containers/${old.Id}/rename?name=${name}-old`);
    await api.call("POST", `/containers/${old.Id}/stop`);
    const { Env, Cmd, ExposedPorts } = old.Config;
    const body = { Image: reference, Env, Cmd, ExposedPorts, HostConfig: old.HostConfig };
    await start(name, body);
    await api.call("DELETE", `/containers/${old.Id}?force=1`);
  };

  return {
    async create(names, image, firstPort) {
      const reference = await pull(image);
      await Promise.all(
        names.map((name, at) =>
          start(name, {
            Image: reference,
            HostConfig: { PortBindings: at === 0 ? publish(firstPort) : {} },
          }),
        ),
      );
    },
    async pause(names, paused) {
      const action = paused ? "pause" : "unpause";
      await Promise.all(names.map((name) => api.request("POST", `/containers/${name}/${action}`)));
    },
    async roll(names, image, parallel) {
      if (parallel) await Promise.all(names.map((name) => replace(name, image)));
      else for (const name of names) await replace(name, image);
    },
    close,
  };
}

function publish(port: number): Record<string, unknown> {
  return { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: String(port) }] };
}
