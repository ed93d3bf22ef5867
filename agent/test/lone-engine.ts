import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** An engine of one test's own, for what would disturb others. Its containers have no networks. */
export interface LoneEngine {
  /** for DOCKER_HOST */
  host: string;
  /** Its containers must be gone by then. */
  remove(): Promise<void>;
}

export async function startLoneEngine(): Promise<LoneEngine> {
  const directory = mkdtempSync(join(tmpdir(), "bridgeport-lone-"));
  const socket = join(directory, "docker.sock");
  const daemon = spawn(
    "dockerd",
    [
      ...["--data-root", join(directory, "data"), "--exec-root", join(directory, "exec")],
      ...["--pidfile", join(directory, "pid"), "-H", `unix://${socket}`],
      ...["--bridge", "none", "--iptables=false"],
    ],
    { stdio: "ignore" },
  );
  const ended = new Promise<void>((resolve) => {
    daemon.once("exit", () => resolve());
    daemon.once("error", () => resolve());
  });
  await answers(daemon, socket);
  return {
    host: `unix://${socket}`,
    async remove() {
      daemon.kill("SIGTERM");
      await ended;
      for (const mount of mountsBelow(directory)) execFileSync("umount", ["-l", mount]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function answers(daemon: ChildProcess, socket: string): Promise<void> {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    if (daemon.exitCode !== null || daemon.pid === undefined) {
      throw new Error("dockerd could not be started: is it installed, and is this root?");
    }
    if (await pings(socket)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("dockerd does not answer.");
}

function pings(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: "/_ping" }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on("error", () => resolve(false));
    asked.end();
  });
}

function mountsBelow(directory: string): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((path) => path.startsWith(`${directory}/`))
    .reverse();
}
