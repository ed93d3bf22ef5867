import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createScratch, type Scratch } from "./scratch.ts";

/**
 * A command line of the engine at `host` (for DOCKER_HOST): `docker` of its own version, or
 * `compose` (2) or `docker-compose` (1). For another engine than the harness's own: this machine's.
 */
export function clientOf(host: string, program: "docker" | "compose" | "docker-compose"): string {
  const own = join(dirname(host.replace(/^unix:\/\//, "")), "bin", program);
  return existsSync(own) ? own : program;
}

/** The real docker command line against one engine, as a user would use it. */
export interface DockerCli {
  /** Runs `docker …`; returns what it printed, trimmed. Throws what it printed as an error. */
  run(...args: string[]): Promise<string>;
  /** `docker inspect` of one container. */
  inspect(container: string): Promise<InspectedContainer>;
  /** The names of all containers, running or not, sorted. */
  names(): Promise<string[]>;
  /** Runs Compose of a project with this file's content: 2 where it is there for the engine, else 1. */
  compose(project: string, file: unknown, ...args: string[]): Promise<string>;
  /** Logs in to a registry; kept in a directory of this client's own. */
  login(host: string, username: string, password: string): Promise<void>;
  remove(): Promise<void>;
}

/** The parts of an inspected container that tests look at; more may be read by name. */
export interface InspectedContainer {
  Id: string;
  Name: string;
  /** The id of the image that really runs. */
  Image: string;
  Created: string;
  RestartCount: number;
  State: {
    Status: string;
    Running: boolean;
    Paused: boolean;
    ExitCode: number;
    Pid: number;
    StartedAt: string;
    Health?: { Status: string };
  };
  Config: {
    /** What it was created from: `name:tag@sha256:…`. */
    Image: string;
    Env: string[];
    Cmd: string[] | null;
    Entrypoint: string[] | null;
    Labels: Record<string, string>;
    Volumes: Record<string, unknown> | null;
    Hostname: string;
    [key: string]: unknown;
  };
  HostConfig: {
    Binds: string[] | null;
    PortBindings: Record<string, { HostIp: string; HostPort: string }[]> | null;
    RestartPolicy: { Name: string; MaximumRetryCount: number };
    NetworkMode: string;
    [key: string]: unknown;
  };
  Mounts: { Type: string; Name?: string; Source: string; Destination: string; RW: boolean }[];
  NetworkSettings: {
    Networks: Record<
      string,
      {
        IPAddress: string;
        Aliases: string[] | null;
        IPAMConfig: Record<string, string> | null;
        [key: string]: unknown;
      }
    >;
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

/** The command line for the engine at `host` (for DOCKER_HOST). */
export function dockerCli(host: string): DockerCli {
  let scratch: Scratch | undefined;
  const home = (): Scratch => {
    scratch ??= createScratch("docker");
    return scratch;
  };
  const env = () => ({
    ...process.env,
    DOCKER_HOST: host,
    DOCKER_CONFIG: home().path("config"),
    DOCKER_BUILDKIT: "0",
  });
  const run = (...args: string[]): Promise<string> =>
    execute(clientOf(host, "docker"), args, env());
  return {
    run,
    async inspect(container) {
      const [found] = JSON.parse(await run("inspect", "--type", "container", container));
      return found as InspectedContainer;
    },
    async names() {
      const output = await run("ps", "--all", "--format", "{{.Names}}");
      return output.split("\n").filter(Boolean).sort();
    },
    compose(project, file, ...args) {
      const path = home().path(project, "docker-compose.yml");
      writeFileSync(path, JSON.stringify(file));
      const two = clientOf(host, "compose");
      const program = two === "compose" ? clientOf(host, "docker-compose") : two;
      return execute(program, ["-p", project, "-f", path, ...args], env());
    },
    async login(registry, username, password) {
      const auth = Buffer.from(`${username}:${password}`).toString("base64");
      const content = { auths: { [registry]: { auth } } };
      writeFileSync(home().path("config", "config.json"), JSON.stringify(content));
    },
    async remove() {
      await scratch?.remove();
    },
  };
}

function execute(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env, encoding: "utf8" as const, maxBuffer: 64 * 1024 * 1024 };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error)
        reject(new Error(`${command} ${args.join(" ")}: ${stderr.trim()}`, { cause: error }));
      else resolve(stdout.trim());
    });
  });
}
