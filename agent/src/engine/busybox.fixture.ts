import { spawn } from "node:child_process";
import type { Container, ContainerCreateOptions } from "dockerode";
import { given } from "../../../test/harness/given.ts";
import { connectEngine, type Engine, engineErrorKind } from "./client.ts";

/** The engine that the test run has started. */
export function testEngine(): Engine {
  return connectEngine(given("engineHost"));
}

/** Makes an image of this machine's static busybox, found at /busybox in its containers. */
export async function importBusybox(engine: Engine, repository: string): Promise<string> {
  const tar = spawn("tar", ["-C", "/bin", "-cf", "-", "busybox"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const answer = await engine.docker.importImage(tar.stdout, { repo: repository, tag: "latest" });
  for await (const line of answer) {
    if (String(line).includes("error")) throw new Error(String(line));
  }
  return `${repository}:latest`;
}

/** Containers of one test file, all removed by `removeAll`. */
export class TestContainers {
  readonly #engine: Engine;
  readonly #image: string;
  readonly #made: Container[] = [];

  constructor(engine: Engine, image: string) {
    this.#engine = engine;
    this.#image = image;
  }

  async create(
    name: string,
    script: string,
    options: ContainerCreateOptions = {},
  ): Promise<Container> {
    const container = await this.#engine.docker.createContainer({
      name,
      Image: this.#image,
      Cmd: ["/busybox", "sh", "-c", script],
      StopTimeout: 0,
      ...options,
    });
    this.#made.push(container);
    return container;
  }

  async run(
    name: string,
    script: string,
    options: ContainerCreateOptions = {},
  ): Promise<Container> {
    const container = await this.create(name, script, options);
    await container.start();
    return container;
  }

  async removeAll(): Promise<void> {
    for (const container of this.#made.splice(0)) {
      await container.remove({ force: true, v: true }).catch((error) => {
        if (engineErrorKind(error) !== "not_found") throw error;
      });
    }
  }
}
