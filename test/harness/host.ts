import { execFile, spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { directoryOf, isMade } from "./engine-root.ts";
import { type HostKind, hostRoots } from "./host-root.ts";
import { isAlive } from "./processes.ts";
import { createScratch, environmentOf } from "./scratch.ts";
import { waitFor } from "./wait.ts";

/** A small server to install an agent on: another Debian's file system and processes of its own. */
export interface Host {
  /** Runs a command line there as root, with nothing of this machine's environment. */
  sh(line: string, env?: Record<string, string>): Promise<Ran>;
  /** Writes a file there; `mode` is octal. */
  write(path: string, content: string, mode?: string): Promise<void>;
  /** Copies a file of this machine there. */
  copy(source: string, path: string): void;
  remove(): Promise<void>;
}

/** How a command line ended, and what it said on both of its outputs. */
export interface Ran {
  code: number;
  output: string;
}

/** The directory with the file system of such a host. */
export function hostRoot(debian: HostKind): string {
  return directoryOf(hostRoots[debian]);
}

/** Whether the file system of such a host is there. */
export function hasHostRoot(debian: HostKind): boolean {
  return isMade(hostRoots[debian]);
}

/**
 * Starts a host. What is changed on it ends with it.
 *
 * @param socket of its Docker Engine, seen there as /var/run/docker.sock; null: it has none
 */
export async function startHost(debian: HostKind, socket: string | null): Promise<Host> {
  const scratch = createScratch("host");
  const enter = fileURLToPath(new URL("enter-host.sh", import.meta.url));
  const holder = spawn(
    "unshare",
    [
      ...["--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "--"],
      ...["sh", enter, directoryOf(hostRoots[debian]), scratch.dir, socket ?? ""],
    ],
    { stdio: ["ignore", "ignore", "inherit"], env: environmentOf(scratch.dir) },
  );
  const pid = holder.pid ?? 0;
  const first = (): number =>
    Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ")[0]);
  await waitFor(() => !isAlive(pid) || existsSync(`/proc/${first()}/root/run/ready`), {
    what: `a host with Debian ${debian}`,
  });
  if (!isAlive(pid)) throw new Error(`The host with Debian ${debian} could not be started.`);

  const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const host: Host = {
    sh(line, env = {}) {
      const outside = environmentOf(scratch.dir);
      const inside = { PATH: path, HOME: "/root", BRIDGEPORT_TEST_SCRATCH: scratch.dir, ...env };
      const words = [
        ...["--target", String(first()), "--mount", "--pid", "--", "env", "-i"],
        ...Object.entries(inside).map(([name, value]) => `${name}=${value}`),
        ...["sh", "-c", `{ ${line}\n} 2>&1`],
      ];
      return new Promise((resolve) => {
        execFile("nsenter", words, { env: outside }, (error, stdout) => {
          resolve({ code: error === null ? 0 : Number(error.code), output: stdout });
        });
      });
    },
    async write(file, content, mode = "644") {
      const { code, output } = await host.sh(
        `mkdir -p "$(dirname '${file}')" && printf %s "$CONTENT" >'${file}' && chmod ${mode} '${file}'`,
        { CONTENT: content },
      );
      if (code !== 0) throw new Error(output);
    },
    copy: (source, file) => copyFileSync(source, `/proc/${first()}/root${file}`),
    remove: () => scratch.remove(),
  };
  return host;
}
