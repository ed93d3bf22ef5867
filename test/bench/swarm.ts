import { dockerCli } from "../harness/docker-cli.ts";
import { startEngine } from "../harness/engine.ts";
import { watchEvents } from "../harness/engine-events.ts";
import type { PushedImage } from "../harness/images.ts";
import { waitFor } from "../harness/wait.ts";

/** Docker Swarm on an engine of its own: what many would compare with. */
export interface Swarm {
  create(names: string[], image: PushedImage): Promise<void>;
  /** `docker service update` of each; a service is done when its new container is healthy. */
  roll(names: string[], image: PushedImage, parallel: boolean): Promise<void>;
  /** Stops probes and everything else of an idle set. */
  pause(paused: boolean): Promise<void>;
  remove(): Promise<void>;
}

/** Starts an engine as a swarm of one node. */
export async function startSwarm(): Promise<Swarm> {
  const engine = await startEngine();
  const docker = dockerCli(engine.host);
  await docker.run(
    "swarm",
    "init",
    "--advertise-addr",
    "127.0.0.1",
    "--listen-addr",
    "127.0.0.1:0",
  );

  const done = new Set<string>();
  const waiting = new Map<string, () => void>();
  const close = await watchEvents(engine.socket, ({ Action, Actor: { Attributes } }) => {
    if (Action !== "health_status: healthy") return;
    const key = `${Attributes["com.docker.swarm.service.name"]} ${Attributes.image}`;
    done.add(key);
    waiting.get(key)?.();
  });
  // The command's own wait adds five seconds of watching to each service; detached, it does not.
  const run = async (name: string, image: PushedImage, command: string[]): Promise<void> => {
    await docker.run("service", ...command);
    const key = `${name} ${image.name}@${image.digest}`;
    if (!done.has(key)) await new Promise<void>((resolve) => waiting.set(key, resolve));
  };
  const detached = ["--quiet", "--detach=true", "--no-resolve-image"];

  return {
    async create(names, image) {
      const reference = `${image.name}@${image.digest}`;
      await Promise.all(
        names.map((name) => run(name, image, ["create", ...detached, "--name", name, reference])),
      );
    },
    async roll(names, image, parallel) {
      const update = (name: string): Promise<void> =>
        run(name, image, ["update", ...detached, "--image", `${image.name}@${image.digest}`, name]);
      if (parallel) await Promise.all(names.map(update));
      else for (const name of names) await update(name);
    },
    async pause(paused) {
      const tasks = await engine.api.call<{ Id: string }[]>("GET", "/containers/json");
      const action = paused ? "pause" : "unpause";
      await Promise.all(
        tasks.map(({ Id: id }) => engine.api.request("POST", `/containers/${id}/${action}`)),
      );
    },
    async remove() {
      close();
      await docker.run("swarm", "leave", "--force").catch(() => undefined);
      await waitFor(async () => (await docker.names()).length === 0, {
        what: "the swarm's tasks to go",
        timeoutMs: 30_000,
      }).catch(() => undefined);
      await docker.remove();
      await engine.remove();
    },
  };
}
