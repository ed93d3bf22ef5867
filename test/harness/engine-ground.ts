import { spawn } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { type EngineKind, fileSystemOf, titleOf } from "./engine-kind.ts";
import { isAlive } from "./processes.ts";
import { environmentOf, type Scratch } from "./scratch.ts";
import { waitFor } from "./wait.ts";

/** A command and its arguments. */
export type Command = [string, ...string[]];

/** Where one engine and its command lines run: this machine, or another Debian's file system. */
export interface Ground {
  /** The command as it has to be started to run there. */
  command(...words: Command): Command;
}

const enterRoot = fileURLToPath(new URL("enter-root.sh", import.meta.url));

/** Begins every command there: the engine's programs are not on every user's path. */
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Makes the ground for an engine of this kind, and the commands `docker`, `docker-compose` (1) and
 * `compose` (2) in the scratch directory's `bin`. It ends with the processes of the scratch directory.
 */
export async function layGround(kind: EngineKind, scratch: Scratch): Promise<Ground> {
  const root = fileSystemOf(kind.version);
  const ground = root === null ? thisMachine : await otherRoot(root, titleOf(kind), scratch);
  writeProgram(scratch.path("bin", "docker"), inWorkingDirectory(ground, "docker"));
  writeProgram(scratch.path("bin", "docker-compose"), ["docker-compose"]);
  const compose = root === null ? composeElsewhere() : ground;
  if (compose !== null) {
    writeProgram(scratch.path("bin", "compose"), inWorkingDirectory(compose, "docker", "compose"));
  }
  return ground;
}

const thisMachine: Ground = { command: (...words) => words };

/**
 * A mount namespace that outlives the daemon, because a killed daemon leaves its containers' mounts
 * as they are on any server.
 */
async function otherRoot(root: string, name: string, scratch: Scratch): Promise<Ground> {
  if (!existsSync(root)) {
    throw new Error(`${root} is not there: \`npm run test:engines\` makes it, for ${name}.`);
  }
  const ready = scratch.path("ground-is-ready");
  const [command, ...args] = apart(root, "sh", "-c", `: >"${ready}"; exec sleep infinity`);
  const holder = spawn(command, args, { stdio: "ignore", env: environmentOf(scratch.dir) });
  holder.unref();
  holder.once("error", () => undefined);
  const { pid } = holder;
  if (pid === undefined) throw new Error("unshare could not be started: is util-linux installed?");
  await waitFor(() => existsSync(ready) || !isAlive(pid), { what: `the file system of ${name}` });
  if (!isAlive(pid)) throw new Error(`The file system ${root} could not be entered.`);
  return {
    command: (...words) => ["nsenter", `--mount=/proc/${pid}/ns/mnt`, "--", ...words],
  };
}

/** Runs a command in a mount namespace of its own with that root. */
function apart(root: string, ...words: Command): Command {
  return [
    ...(["unshare", "--mount", "--propagation", "private", "--"] as const),
    ...["sh", enterRoot, root, tmpdir(), ...words],
  ];
}

/** Compose 2 for an engine whose own Debian has only Compose 1; null where no newer one is there. */
function composeElsewhere(): Ground | null {
  const root = fileSystemOf("28.5");
  if (root === null || !existsSync(root)) return null;
  return { command: (...words) => apart(root, ...words) };
}

/** Enters the caller's working directory there, if it is there. */
function inWorkingDirectory(ground: Ground, ...words: Command): Command {
  if (ground === thisMachine) return words;
  const script = `PATH=${path}; cd "$BRIDGEPORT_TEST_PWD" 2>/dev/null || cd /; exec "$@"`;
  return ground.command("/bin/sh", "-c", script, "sh", ...words);
}

function writeProgram(file: string, words: Command): void {
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  writeFileSync(
    file,
    `#!/bin/sh\nBRIDGEPORT_TEST_PWD=$PWD\nexport BRIDGEPORT_TEST_PWD\nexec ${quoted} "$@"\n`,
  );
  chmodSync(file, 0o755);
}
