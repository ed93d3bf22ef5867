// `npm run cli -- …`: the command line, from a checkout.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { prepare } from "./prepare.mjs";

await prepare({ quiet: true });
const program = fileURLToPath(new URL("../../cli/dist/bridgeport.cjs", import.meta.url));
const cli = spawn(process.execPath, [program, ...process.argv.slice(2)], { stdio: "inherit" });
// Ctrl-C reaches both from the terminal; what it means is for the command to say.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => cli.kill("SIGTERM"));
cli.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
