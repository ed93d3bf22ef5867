// `npm run agent -- --url … --token … --state-dir …`: the agent for another engine.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { prepare } from "./prepare.mjs";

await prepare({ quiet: true });
const program = fileURLToPath(new URL("../../agent/dist/agent.cjs", import.meta.url));
// As src/servers/agent-flags.ts says.
const flags = Number.parseInt(process.versions.node, 10) < 24 ? ["--no-expose-wasm"] : [];
// Its end of the pipe closes with this process, however it ends, and the agent goes too.
const agent = spawn(
  process.execPath,
  ["--lite-mode", ...flags, program, ...process.argv.slice(2), "--exit-with-parent"],
  { stdio: ["pipe", "inherit", "inherit"] },
);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => agent.kill(signal));
agent.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0);
});
