// The processes that a test run starts: each in a process group of its own, all ended together.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

const running = new Set();

/**
 * Runs a command in the checkout.
 * @param {string} command
 * @param {string[]} args
 * @param {{output?: "inherit" | "pipe", env?: Record<string, string>}} [options]
 * @returns {Promise<{code: number, output: string}>} `output`: what it wrote, where that is piped
 */
export function run(command, args, { output = "inherit", env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      detached: true,
      stdio: ["ignore", output, output],
      env: { ...process.env, ...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }), ...env },
    });
    const chunks = [];
    child.stdout?.on("data", (chunk) => chunks.push(chunk));
    child.stderr?.on("data", (chunk) => chunks.push(chunk));
    running.add(child);
    const finish = (code) => {
      running.delete(child);
      resolve({ code, output: Buffer.concat(chunks).toString().trim() });
    };
    child.on("error", (error) => {
      chunks.push(Buffer.from(error.message));
      finish(127);
    });
    child.on("close", finish);
  });
}

/** Asks everything that runs to end, and ends by force what has not ended after a while. */
export function endAll() {
  for (const child of running) killGroup(child, "SIGTERM");
  setTimeout(() => {
    for (const child of running) killGroup(child, "SIGKILL");
  }, 15_000).unref();
}

function killGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has just ended by itself.
  }
}
