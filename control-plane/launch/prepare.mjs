// Brings a checkout into a state that can run: packages installed, everything built. Plain Node
// without dependencies, because it runs before there are any.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isFresh, look, writeStamp } from "./fingerprint.mjs";
import { acquire } from "./lock.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const members = ["proto", "control-plane", "agent", "client", "cli", "web", "test"];
const installStamp = join(root, "node_modules/.bridgeport-install");

/**
 * Installs and builds what has changed since the last time; costs a few milliseconds when nothing
 * has. Two processes that prepare at once take turns. A failure is told in a few lines on stderr
 * and ends the process with status 1.
 * @param {{quiet?: boolean, build?: boolean}} [options] `quiet`: no progress lines; `build`: false
 *   only installs
 * @returns {Promise<{installed: boolean, built: string[]}>} what had to be done
 */
export async function prepare({ quiet = false, build = true } = {}) {
  requireNode();
  const say = quiet ? () => {} : (line) => console.log(line);
  const due = () => (build ? targets().filter((target) => target.due()) : []);
  if (!installDue() && due().length === 0) {
    return { installed: false, built: [] };
  }
  const release = await acquire(join(root, ".bridgeport/prepare.lock"), (pid) =>
    say(`Another process (${pid}) is preparing this checkout; waiting for it ...`),
  );
  process.on("SIGINT", interrupted).on("SIGTERM", interrupted).on("exit", endRunning);
  try {
    const installed = installDue();
    if (installed) await install(say);
    const changed = due();
    await Promise.all(changed.map((target) => target.build(say)));
    return { installed, built: changed.map(({ name }) => name) };
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted).off("exit", endRunning);
    release();
  }
}

/** Ends the process with one line unless this Node is one of package.json's `engines`. */
export function requireNode() {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const [major, minor] = engines.node
    .replace(/[^\d.]/g, "")
    .split(".")
    .map(Number);
  const [ownMajor, ownMinor] = process.versions.node.split(".").map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  fail(`Bridgeport needs Node ${major}.${minor} or newer; this is ${process.versions.node}.`);
}

// --- installing ---

function installInputs() {
  const patches = existsSync(join(root, "patches")) ? readdirSync(join(root, "patches")) : [];
  return look(root, [
    "package.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    ...members.map((member) => `${member}/package.json`),
    ...patches.map((patch) => `patches/${patch}`),
  ]);
}

const platform = `${process.platform}-${process.arch}`;

function installDue() {
  const missing = members.some((member) => !existsSync(join(root, member, "node_modules")));
  return missing || !isFresh(root, installStamp, installInputs(), platform);
}

async function install(say) {
  const seen = installInputs();
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const arguments_ = ["install", "--frozen-lockfile", "--reporter=append-only"];
  say("Installing packages (the first time takes about half a minute) ...");
  const own = await run("pnpm", ["--version"], root);
  const pnpm = own.code === 0 && own.output.trim().startsWith("10.");
  const result = pnpm
    ? await run("pnpm", arguments_, root)
    : await run("npx", ["-y", packageManager, ...arguments_], root);
  if (result.code !== 0) {
    fail(
      "The packages could not be installed. If the registry of npm is not reachable from here, " +
        `set npm's registry or proxy and try again. The installer said:\n${tail(result.output)}`,
    );
  }
  writeStamp(root, installStamp, seen, platform);
}

// --- building ---

function targets() {
  const shared = ["tsconfig.json", "package.json", "pnpm-lock.yaml"];
  return [
    target("control-plane", [...shared, "control-plane", "proto"], ["build.mjs"]),
    target("agent", [...shared, "agent", "proto"], ["build.mjs"]),
    target("cli", [...shared, "cli", "client"], ["build.mjs"]),
    target("web", [...shared, "web", "client"], viteBuild),
  ];
}

function target(name, inputs, command) {
  const folder = join(root, name);
  const stamp = join(folder, "dist/.bridgeport-build");
  const due = () => !isFresh(root, stamp, look(root, inputs), "");
  const build = async (say) => {
    const seen = look(root, inputs);
    say(`Building ${name} ...`);
    rmSync(stamp, { force: true });
    const arguments_ = typeof command === "function" ? command(folder) : command;
    const result = await run(process.execPath, arguments_, folder, { NODE_ENV: "production" });
    if (result.code !== 0) fail(`Building ${name} failed:\n${tail(result.output)}`);
    writeStamp(root, stamp, seen, "");
  };
  return { name, due, build };
}

function viteBuild(folder) {
  const manifest = createRequire(join(folder, "package.json")).resolve("vite/package.json");
  return [join(dirname(manifest), "bin/vite.js"), "build", "--logLevel", "warn"];
}

// --- processes ---

const running = new Set();

// Each in a process group of its own, so that an interruption ends what it started too.
function run(command, arguments_, cwd, extra = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, arguments_, {
      cwd,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, CI: "true", ...extra },
    });
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    child.stderr.on("data", (chunk) => chunks.push(chunk));
    const finish = (code) => {
      running.delete(child);
      resolve({ code, output: Buffer.concat(chunks).toString() });
    };
    child.on("error", (error) => {
      chunks.push(Buffer.from(`${command}: ${error.message}`));
      finish(127);
    });
    child.on("close", finish);
    running.add(child);
  });
}

function endRunning() {
  for (const child of running) {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }
}

function interrupted() {
  process.exit(130);
}

function tail(output) {
  return output.trim().split("\n").slice(-25).join("\n");
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
