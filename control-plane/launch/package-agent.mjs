// Packages the agent and the command line beside a control plane that starts from a checkout, so that the line of *Add server*
// works; the start does not wait for it.
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isFresh, look, writeStamp } from "./fingerprint.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const folder = join(root, "dist/agent");
const stamp = join(folder, ".inputs");

/** What the packages are made of. */
function inputs() {
  return look(root, ["package.json", "pnpm-lock.yaml", "agent", "cli", "client", "proto"]);
}

/** Whether all packages are there, made from the present files. */
export function isPackaged() {
  const { version } = JSON.parse(readFileSync(join(root, "agent/package.json"), "utf8"));
  const made = (of) => existsSync(join(root, "dist", of, version, "manifest.json"));
  return made("agent") && made("cli") && isFresh(root, stamp, inputs(), "");
}

/** Returns a function that notes that the packages are made from the files as they are now. */
export function notePackaged() {
  const seen = inputs();
  return () => writeStamp(root, stamp, seen, "");
}

/** Whether agents are to be packaged by a start; ends the process where its variable cannot be used. */
export function wantsPackages() {
  const wanted = process.env.BRIDGEPORT_PACKAGE_AGENT || "auto";
  if (wanted !== "auto" && wanted !== "off") {
    console.error(
      `BRIDGEPORT_PACKAGE_AGENT=${JSON.stringify(wanted)} cannot be used: it takes one of auto, off.`,
    );
    process.exit(1);
  }
  return wanted === "auto";
}

/** Starts `npm run package` unless that is done. It ends with this process, which goes on in any case. */
export function packageInBackground() {
  try {
    if (!isPackaged()) startPackaging();
  } catch (error) {
    console.log(
      `Packaging the agent could not start (${error.message}): make ${folder} writable, or set BRIDGEPORT_AGENT_PACKAGES to where its packages are.`,
    );
  }
}

function startPackaging() {
  console.log(
    "Packaging the agent for servers in the background; the console says when it is ready.",
  );
  mkdirSync(folder, { recursive: true });
  const log = openSync(join(folder, "packaging.log"), "w");
  const child = spawn(process.execPath, [join(root, "agent/packaging/main.mjs")], {
    cwd: root,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  child.on("error", (error) =>
    console.log(`Packaging the agent could not start: ${error.message}`),
  );
  child.unref();
  if (child.pid === undefined) return;
  setPriority(child.pid, 10);
  process.on("exit", () => {
    try {
      process.kill(-child.pid, "SIGTERM");
    } catch {
      // It has ended by itself.
    }
  });
}
