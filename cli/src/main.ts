// `bridgeport`: the command line.
import { run } from "./program.ts";
import { nodeIo } from "./terminal/node-io.ts";

const io = nodeIo();
void run(process.argv.slice(2), io).then((code) => {
  // What is left to be written goes out; nothing else keeps the process.
  process.exitCode = code;
});
