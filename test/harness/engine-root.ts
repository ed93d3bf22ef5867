import { execFile, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where the file systems with other engines are kept between runs; each takes half a gigabyte. */
const cache = process.env.BRIDGEPORT_TEST_CACHE || "/var/cache/bridgeport-test";

/** A file system to make: a Debian release with some packages. */
export interface EngineRoot {
  /** Its directory in the cache. */
  name: string;
  suite: string;
  packages: readonly string[];
  /** Only the packages' files, with what they depend on: for a program that this machine runs. */
  filesOnly?: boolean;
}

/** The directory that holds a file system, made or not. */
export function directoryOf({ name }: EngineRoot): string {
  return join(cache, name);
}

/** Whether the file system is there, whole, and as it is asked for today. */
export function isMade(root: EngineRoot): boolean {
  return existsSync(stampOf(root)) && readFileSync(stampOf(root), "utf8") === request(root);
}

/**
 * Makes a file system from the mirror that apt is set up with, unless it is there already;
 * processes that want the same one wait for the first. Needs root, mmdebstrap and the network.
 * Throws one paragraph that says why it could not be made.
 */
export async function makeRoot(root: EngineRoot, say: (line: string) => void): Promise<void> {
  if (isMade(root)) return;
  mkdirSync(cache, { recursive: true });
  const directory = directoryOf(root);
  const release = await lock(`${directory}.lock`);
  try {
    if (isMade(root)) return;
    for (const entry of readdirSync(cache)) {
      if (entry.startsWith(`${root.name}.unfinished-`)) await removeTree(join(cache, entry));
    }
    const from = await mirror();
    say(`Making a Debian ${root.suite} in ${directory}, from ${from} ...`);
    const unfinished = `${directory}.unfinished-${process.pid}`;
    await debootstrap(root, unfinished, from);
    writeFileSync(join(unfinished, stampName), request(root));
    // Only a whole one ever has the name.
    if (existsSync(directory)) await removeTree(directory);
    renameSync(unfinished, directory);
  } finally {
    release();
  }
}

const stampName = "etc/bridgeport-test";

function stampOf(root: EngineRoot): string {
  return join(directoryOf(root), stampName);
}

/** What is asked for: another list of packages makes another file system. */
function request({ suite, packages, filesOnly }: EngineRoot): string {
  return `${suite} ${variantOf({ filesOnly })} ${packages.join(",")}\n`;
}

function variantOf({ filesOnly = false }: Pick<EngineRoot, "filesOnly">): string {
  return filesOnly ? "extract" : "minbase";
}

/** The address that this machine takes its own Debian from. */
async function mirror(): Promise<string> {
  const { stdout } = await run("apt-get", [
    ...["indextargets", "--format", "$(ORIGIN)|$(COMPONENT)|$(SUITE)|$(RELEASE)|$(REPO_URI)"],
    "Created-By: Packages",
  ]);
  const lines = stdout
    .split("\n")
    .map((line) => line.split("|"))
    .filter(([origin, component]) => origin === "Debian" && component === "main")
    .filter((line) => !/security|updates|backports|proposed/.test(`${line[2]} ${line[3]}`));
  const address = lines[0]?.[4];
  if (address) return address;
  throw new Error("apt knows no mirror with Debian's main component: run apt-get update.");
}

async function debootstrap(
  { suite, packages, filesOnly }: EngineRoot,
  directory: string,
  from: string,
): Promise<void> {
  try {
    await run(
      "mmdebstrap",
      [
        // A mirror that stands still is good enough for tests.
        ...['--aptopt=Acquire::Check-Valid-Until "false"', `--variant=${variantOf({ filesOnly })}`],
        ...[`--include=${packages.join(",")}`, suite, directory, `deb ${from} ${suite} main`],
      ],
      { maxBuffer: 64 * 1024 * 1024 },
    );
  } catch (error) {
    await removeTree(directory);
    const { code, stderr = "" } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === "ENOENT") throw new Error("mmdebstrap is not installed.", { cause: error });
    const said = stderr.trim().split("\n").slice(-8).join("\n");
    throw new Error(`mmdebstrap ${suite} failed:\n${said}`, { cause: error });
  }
}

/** Never into another file system: what was killed may have left some of the machine's mounted. */
async function removeTree(directory: string): Promise<void> {
  await run("rm", ["-rf", "--one-file-system", directory]);
}

/** Held by a process of its own, so that it ends with this one, however that ends. */
async function lock(file: string): Promise<() => void> {
  const holder = spawn("flock", [file, "sh", "-c", "echo held; cat >/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once("data", () => resolve());
    holder.once("error", reject);
    holder.once("exit", (code) => reject(new Error(`flock ${file} ended with ${code}.`)));
  });
  return () => holder.stdin.end();
}
