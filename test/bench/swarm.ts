import { dockerCli } from "../harness/docker-cli.ts";
import { type Engine, startEngine } from "../harness/engine.ts";
import type { PushedImage } from "../harness/images.ts";
import { waitFor } from "../harness/wait.ts";

/** Docker Swarm on an engine of its own: what many would compare with. */
export interface Swarm {
  create(names: string[], image: PushedImage): Promise<void>;
  roll(names: string[], image: PushedImage, parallel: boolean): Promise<void>;
  remove(): Promise<void>;
}

/** Starts an engine as a swarm of one node. */
export async function startSwarm(): Promise<Swarm> {
  const engine: Engine = await startEngine();
  const docker = dockerCli(engine.host);
  await docker.run(
    "swarm",
    "init",
    "--advertise-addr",
    "127.0.0.1",
    "--listen-addr",
    "127.0.0.1:0",
  );

  const update = (name: string, image: PushedImage): Promise<string> =>
    docker.run(
      ...["service", "update", "--quiet", "--detach=false", "--update-monitor", "0s"],
      ...["--image", `${image.name}@${image.digest}`, name],
    );
  return {
    async create(names, image) {
      const create = ["service", "create", "--quiet", "--detach=false"];
      await Promise.all(
        names.map((name) => docker.run(...create, "--name", name, `${image.name}@${image.digest}`)),
      );
    },
    async roll(names, image, parallel) {
      if (parallel) await Promise.all(names.map((name) => update(name, image)));
      else for (const name of names) await update(name, image);
    },
    async remove() {
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
