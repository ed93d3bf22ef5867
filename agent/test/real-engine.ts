import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { HealthGate, RollbackCommand, RunCommand } from "@bridgeport/proto";
import { clientOf } from "../../test/harness/docker-cli.ts";
import { given } from "../../test/harness/given.ts";
import { connectEngine, type Engine } from "../src/engine/client.ts";
import type { ContainerInspection } from "../src/engine/inspection.ts";

const run = promisify(execFile);

/** An image on the test engine that was pushed to the test registry, so that it has a digest. */
export interface TestImage {
  /** `name:tag@sha256:…` */
  reference: string;
  /** `name:tag` */
  tag: string;
  id: string;
  digest: string;
}

/** A real engine, with names of this test's own on it. */
export interface Testbed {
  engine: Engine;
  host: string;
  registry: string;
  /** Begins every name that the test gives to containers, networks, volumes and images. */
  prefix: string;
  /** The docker command line; resolves with its output, trimmed. */
  docker(...args: string[]): Promise<string>;
  /** A container, or null. */
  find(nameOrId: string): Promise<ContainerInspection | null>;
  inspect(nameOrId: string): Promise<ContainerInspection>;
  /** Names of all containers that begin with this test's prefix, sorted. */
  names(): Promise<string[]>;
  /** An image of busybox and `serve`, with Dockerfile instructions such as `ENV A=1`, pushed. */
  image(name: string, ...instructions: string[]): Promise<TestImage>;
  close(): Promise<void>;
}

/** A web server that says $VERSION on port 8080, writes its start to the log and ends at SIGTERM. */
const serve = `#!/bin/sh
mkdir -p /tmp/www
echo "\${VERSION:-none}" > /tmp/www/index.html
echo "serving \${VERSION:-none}"
httpd -f -p 8080 -h /tmp/www &
trap 'kill $!; exit 0' TERM INT
wait
`;
const applets =
  "sh cat cp echo env false grep hostname httpd id kill ls mkdir nslookup ps sleep test touch true wget";

/**
 * Opens the shared engine, or the one given.
 */
export async function openTestbed(engineHost?: string): Promise<Testbed> {
  const host = engineHost ?? given("engineHost");
  const registry = given("registryHost");
  const directory = await mkdtemp(join(tmpdir(), "bridgeport-agent-"));
  const prefix = `t${directory.slice(-6).toLowerCase()}`;
  const environment = { ...process.env, DOCKER_HOST: host, HOME: directory, DOCKER_BUILDKIT: "0" };
  const program = clientOf(host, "docker");
  const docker = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(program, args, { env: environment, maxBuffer: 64 * 1024 * 1024 });
    return stdout.trim();
  };
  const base = await baseArchive(directory);
  const engine = connectEngine(host);
  const find = async (nameOrId: string): Promise<ContainerInspection | null> => {
    try {
      return (await engine.docker
        .getContainer(nameOrId)
        .inspect()) as unknown as ContainerInspection;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return null;
      throw error;
    }
  };
  const own = async (): Promise<{ id: string; name: string }[]> => {
    const listed = await engine.docker.listContainers({ all: true });
    return listed
      .map(({ Id: id, Names: names }) => ({
        id,
        name: names.map((name) => name.slice(1)).find((name) => !name.includes("/")) ?? "",
      }))
      .filter(({ name }) => name.startsWith(prefix));
  };
  return {
    engine,
    host,
    registry,
    prefix,
    docker,
    find,
    async inspect(nameOrId) {
      const container = await find(nameOrId);
      if (container === null) throw new Error(`There is no container ${nameOrId}.`);
      return container;
    },
    names: async () => (await own()).map(({ name }) => name).sort(),
    async image(name, ...instructions) {
      const tag = `${registry}/${prefix}/${name}:v1`;
      const lines = ['CMD ["serve"]', "ENV PATH=/bin", ...instructions];
      const changes = lines.flatMap((line) => ["--change", line]);
      // The quicker way to an image knows all instructions but these.
      const made = lines.some((line) => /^(STOPSIGNAL|SHELL)/.test(line))
        ? await build(docker, directory, base, tag, lines)
        : ((await docker("import", ...changes, base, tag)).split(": ")[0] ?? "");
      await docker("push", "--quiet", tag);
      const digest = await digestIn(registry, `${prefix}/${name}`, "v1");
      // With containerd an engine knows an image by its digest only where it was pulled by it, and
      // Podman pushes another manifest than it keeps.
      const pulled = `${registry}/${prefix}/${name}@${digest}`;
      await docker("pull", "--quiet", pulled);
      const id = await docker("image", "inspect", pulled, "--format", "{{.Id}}");
      if (id !== made) await docker("tag", pulled, tag);
      return { reference: `${tag}@${digest}`, tag, id, digest };
    },
    async close() {
      const containers = await own();
      await Promise.all(
        containers.map(({ id }) =>
          engine.docker
            .getContainer(id)
            .remove({ force: true, v: true })
            .catch(() => undefined),
        ),
      );
      const networks = await engine.docker.listNetworks();
      for (const { Id: id, Name: name } of networks) {
        if (name.startsWith(prefix)) await removeNetwork(engine, id);
      }
      const volumes = (await engine.docker.listVolumes()).Volumes ?? [];
      for (const { Name: name } of volumes) {
        if (name.startsWith(prefix)) await engine.docker.getVolume(name).remove({ force: true });
      }
      engine.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Removes a network. An engine whose client died while it was connecting a container may count
 * that container's endpoint forever, and keep the network until the engine ends: that does no harm.
 */
async function removeNetwork(engine: Engine, id: string): Promise<void> {
  const network = engine.docker.getNetwork(id);
  try {
    await network.remove();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 403) throw error;
  }
}

/** What a tag points to. */
async function digestIn(registry: string, repository: string, tag: string): Promise<string> {
  const kinds = ["docker.distribution.manifest.v2", "oci.image.manifest.v1", "oci.image.index.v1"];
  const accept = kinds.map((kind) => `application/vnd.${kind}+json`).join(", ");
  const url = `http://${registry}/v2/${repository}/manifests/${tag}`;
  const answer = await fetch(url, { method: "HEAD", headers: { accept } });
  const digest = answer.headers.get("docker-content-digest");
  if (digest === null) throw new Error(`${url}: ${answer.status}`);
  return digest;
}

async function build(
  docker: Testbed["docker"],
  directory: string,
  base: string,
  tag: string,
  lines: readonly string[],
): Promise<string> {
  const context = await mkdtemp(join(directory, "build-"));
  const from = await docker("import", base);
  await writeFile(join(context, "Dockerfile"), [`FROM ${from}`, ...lines].join("\n"));
  return await docker("build", "--quiet", "--tag", tag, context);
}

async function baseArchive(directory: string): Promise<string> {
  const root = join(directory, "root");
  await mkdir(join(root, "bin"), { recursive: true });
  await mkdir(join(root, "tmp"));
  await mkdir(join(root, "etc"));
  await run("cp", ["/bin/busybox", join(root, "bin/busybox")]);
  for (const applet of applets.split(" ")) {
    await run("ln", ["-s", "busybox", join(root, "bin", applet)]);
  }
  await writeFile(join(root, "bin/serve"), serve, { mode: 0o755 });
  await writeFile(join(root, "etc/passwd"), "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n");
  const archive = join(directory, "base.tar");
  await run("tar", ["-C", root, "-cf", archive, "."]);
  return archive;
}

export const defaultGate: HealthGate = {
  waitMs: null,
  retries: 3,
  intervalMs: 5_000,
  url: null,
  probe: "eager",
};

/** A run command with everything at its default. */
export function runCommand(
  containerName: string,
  image: Pick<TestImage, "reference">,
  more: Partial<RunCommand> = {},
): RunCommand {
  return {
    kind: "run",
    serviceId: "00000000-0000-4000-8000-000000000001",
    containerName,
    reference: image.reference,
    order: "stop-first",
    spec: null,
    gate: defaultGate,
    allowAutoRemove: false,
    dryRun: false,
    imageConfig: null,
    expectedImageIds: [],
    ...more,
  };
}

/** The command that rolls that run back, to the image before it where nothing is kept. */
export function rollbackCommand(
  containerName: string,
  runCommandId: string,
  before: Pick<TestImage, "reference">,
  more: Partial<RollbackCommand> = {},
): RollbackCommand {
  return {
    kind: "rollback",
    serviceId: "00000000-0000-4000-8000-000000000001",
    containerName,
    runCommandId,
    reference: before.reference,
    spec: null,
    order: "stop-first",
    gate: defaultGate,
    credentials: null,
    ...more,
  };
}
