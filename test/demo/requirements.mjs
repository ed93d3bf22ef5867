// What the demo needs, found out before anything is installed or built. Plain Node, no dependencies.
import { existsSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";

/** A sentence for the person who wants to see the demo. */
export class Unmet extends Error {}

/**
 * Where the demo's Docker Engines are: as root it starts three of its own, beside whatever else
 * runs; otherwise, or where DOCKER_HOST names one, it uses the one that is there.
 * @returns {Promise<{kind: "own"} | {kind: "existing", socket: string}>}
 * @throws {Unmet}
 */
export async function findPlace(env = process.env) {
  if (process.platform !== "linux") throw new Unmet("The demo needs Linux.");
  const named = env.DOCKER_HOST?.trim();
  if (
    !named &&
    process.getuid() === 0 &&
    (onPath("dockerd") || existsSync("/etc/debian_version"))
  ) {
    return { kind: "own" };
  }
  const host = named || "unix:///var/run/docker.sock";
  if (!host.startsWith("unix://")) {
    throw new Unmet(
      `The demo can use a Docker Engine of this machine only, and DOCKER_HOST is ${host}: ` +
        "unset it, or name a socket (unix:///…).",
    );
  }
  const socket = host.slice("unix://".length);
  const problem = await pingProblem(socket);
  if (problem === null) return { kind: "existing", socket };
  if (named) throw new Unmet(`No Docker Engine answers at ${host} (${problem}).`);
  if (problem === "EACCES") {
    throw new Unmet(
      `You may not use the Docker Engine at ${socket}: join the group docker, or run the demo as root.`,
    );
  }
  throw new Unmet(
    "The demo needs a Docker Engine, and none answers here: install Docker, or run the demo as root on Debian, where it installs one.",
  );
}

/**
 * The console's `host:port`, which nothing else may listen on.
 * @throws {Unmet}
 */
export async function findAddress(env = process.env) {
  const address = env.BRIDGEPORT_HTTP_ADDR?.trim() || "127.0.0.1:3000";
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^:\s[\]]+):(\d{1,5})$/.exec(address) ?? [];
  if (host === undefined || Number(port) > 65535) {
    throw new Unmet(
      `BRIDGEPORT_HTTP_ADDR=${address} cannot be used: it takes host:port, such as 127.0.0.1:3000.`,
    );
  }
  const problem = await listenProblem(host.replace(/^\[|\]$/g, ""), Number(port));
  if (problem === null) return address;
  const reason = problem === "EADDRINUSE" ? "something else is listening there" : problem;
  const other = `${host}:${Number(port) + 1}`;
  throw new Unmet(
    `The console cannot have ${address}: ${reason}. Choose another address: ` +
      `BRIDGEPORT_HTTP_ADDR=${other} npm run demo`,
  );
}

function onPath(name) {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  return folders.some((folder) => existsSync(join(folder, name)));
}

function pingProblem(socketPath) {
  return new Promise((resolve) => {
    const outgoing = request({ socketPath, path: "/_ping", timeout: 5000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200 ? null : `status ${answer.statusCode}`);
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer within 5 s")));
    outgoing.on("error", (error) => resolve(error.code ?? error.message));
    outgoing.end();
  });
}

function listenProblem(host, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(null)));
  });
}
