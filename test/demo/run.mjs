// `npm run demo`: checks what it needs, installs and builds what has changed, and starts the demo as
// a process of its own, away from the terminal: what Ctrl-C sends to everything in a terminal
// reaches this process only, and the rest is stopped in order.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { prepare, requireNode } from "../../control-plane/launch/prepare.mjs";
import { installDebianPackages } from "../debian-packages.mjs";
import { findAddress, findPlace, Unmet } from "./requirements.mjs";

requireNode();
const place = await needed(findPlace);
const address = await needed(findAddress);
if (place.kind === "own") {
  const wanted = ["docker.io", "iproute2", "apparmor"];
  if (existsSync("/etc/debian_version")) wanted.push("busybox-static");
  await needed(() => installDebianPackages(console.log, { who: "The demo needs", wanted }));
}
await prepare();

const demo = spawn(
  process.execPath,
  ["--import", "tsx", fileURLToPath(new URL("main.ts", import.meta.url))],
  {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    detached: true,
    // When this process is killed, the demo hears it and goes.
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, DOCKER_HOST: "" },
  },
);
demo.send({ place, address });

let asked = 0;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    // npm passes on a Ctrl-C that the terminal has sent here already.
    if (asked > 0 && performance.now() - asked < 1000) return;
    if (asked > 0) {
      console.log("Left as it is; the next `npm run demo` clears it away.");
      demo.kill("SIGKILL");
    } else {
      demo.kill("SIGTERM");
    }
    asked = performance.now();
  });
}
demo.once("exit", (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0);
});

/** Runs a check; where it fails, its one line is all that is said. */
async function needed(check) {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof Unmet) && !/^(The demo needs|apt-get)/.test(error.message)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
