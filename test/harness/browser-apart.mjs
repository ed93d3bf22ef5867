#!/usr/bin/env node
// Starts Chromium in a network namespace of its own, in which each port of 127.0.0.1 that
// BRIDGEPORT_TEST_BROWSER_WAYS names leads to its socket: a JSON object of sockets by port.
// Chromium drops what it is loading whenever a network interface of the machine appears or goes,
// and engines under test make and remove them all the time.
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { fileURLToPath } from "node:url";

const ways = JSON.parse(process.env.BRIDGEPORT_TEST_BROWSER_WAYS);

if (process.argv[2] === "forward") {
  const listening = Object.entries(ways).map(([port, socket]) => {
    const server = createServer((incoming) => {
      const outgoing = connect(socket);
      incoming.pipe(outgoing).pipe(incoming);
      incoming.on("error", () => outgoing.destroy());
      outgoing.on("error", () => incoming.destroy());
    });
    return new Promise((resolve) => server.listen(Number(port), "127.0.0.1", resolve));
  });
  await Promise.all(listening);
  process.send("ready");
} else if (process.argv[2] === "inside") {
  const self = fileURLToPath(import.meta.url);
  const forwarder = spawn(process.execPath, [self, "forward"], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  forwarder.once("message", () => {
    // Chromium is driven through the file descriptors 3 and 4.
    const browser = spawn("/usr/bin/chromium", process.argv.slice(3), {
      stdio: ["inherit", "inherit", "inherit", 3, 4],
    });
    browser.once("exit", (code) => {
      forwarder.kill();
      process.exit(code ?? 1);
    });
  });
} else {
  const inside = ["ip link set lo up", 'exec "$0" "$@"'].join(" && ");
  const self = fileURLToPath(import.meta.url);
  const arguments_ = [process.execPath, self, "inside", ...process.argv.slice(2)];
  spawn("unshare", ["--net", "sh", "-c", inside, ...arguments_], {
    stdio: ["inherit", "inherit", "inherit", 3, 4],
  }).once("exit", (code) => process.exit(code ?? 1));
}
