// `npm run agent -- --url … --token … --state-dir …`: the agent for another engine.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { prepare } from "./prepare.mjs";

await prepare({ quiet: true });
const program = fileURLToPath(new URL("../../agent/dist/agent.cjs", import.meta.url));
// --lite-mode is taken on the command line only; it saves a quarter of the memory.
// Its end of the pipe closes with this process, however it ends, and the agent goes too.
const agent = spawn(
  process.execPath,
  ["--lite-mode", "--no-expose-wasm", program, ...process.argv.slice(2), "--exit-with-parent"],
  { stdio: ["pipe", "inherit", "inherit"] },
);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => agent.kill(signal));
agent.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0);
});
