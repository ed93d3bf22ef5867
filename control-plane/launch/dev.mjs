// `npm run dev`: control plane, agent and console from the sources; each is built again and started
// again when a file of it is saved. Its data are apart from those of `npm start`.
import { spawn } from "node:child_process";
import { rmSync, watch } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare } from "./prepare.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const api = process.env.BRIDGEPORT_HTTP_ADDR ?? "127.0.0.1:3000";
const consolePort = process.env.BRIDGEPORT_DEV_PORT ?? "5173";
const consoleUrl = `http://localhost:${consolePort}`;
const email = process.env.BRIDGEPORT_ADMIN_EMAIL ?? "admin@bridgeport.local";
const password = process.env.BRIDGEPORT_ADMIN_PASSWORD ?? "developer-password";

const programs = ["control-plane", "agent"];
/** Those that were not built yet: until then nothing is started. */
const awaited = new Set(programs);
const watched = [];
let server = null;
let vite = null;
let ending = false;
let due;
let restarting = Promise.resolve();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => end(0));

await prepare({ build: false });
// What is built here must not pass for what the next `npm start` would build.
for (const name of programs) rmSync(join(root, name, "dist/.bridgeport-build"), { force: true });

startConsole();
const { context } = await import("esbuild");
for (const name of programs) {
  const { bundle } = await import(`../../${name}/bundle.mjs`);
  const plugins = [...(bundle.plugins ?? []), afterBuild(name)];
  const builds = await context({ ...bundle, absWorkingDir: join(root, name), plugins });
  watched.push(() => builds.dispose());
  await builds.watch();
}
const migrations = watch(join(root, "control-plane/migrations"), { recursive: true }, changed);
watched.push(() => migrations.close());

/** Starts the control plane again after each build that succeeds; esbuild itself says what failed. */
function afterBuild(name) {
  return {
    name: "after-build",
    setup({ onEnd }) {
      onEnd(({ errors }) => {
        if (errors.length > 0) return;
        awaited.delete(name);
        changed();
      });
    },
  };
}

/** Several files saved at once are one change. */
function changed() {
  if (awaited.size > 0 || ending) return;
  clearTimeout(due);
  due = setTimeout(() => {
    restarting = restarting.then(restart);
  }, 100);
}

async function restart() {
  await stop(server);
  if (ending) return;
  // It looks after its agent: both start and end together.
  const child = spawn(process.execPath, ["--enable-source-maps", "control-plane/dist/main.js"], {
    cwd: root,
    stdio: "inherit",
    detached: true,
    env: {
      ...process.env,
      BRIDGEPORT_HTTP_ADDR: api,
      BRIDGEPORT_DATA_DIR: process.env.BRIDGEPORT_DATA_DIR ?? ".bridgeport/dev-data",
      BRIDGEPORT_PUBLIC_URL: process.env.BRIDGEPORT_PUBLIC_URL ?? consoleUrl,
      BRIDGEPORT_ADMIN_EMAIL: email,
      BRIDGEPORT_ADMIN_PASSWORD: password,
    },
  });
  server = child;
  child.on("exit", (code) => {
    if (server === child) server = null;
    if (code !== 0 && !ending)
      console.log("The control plane has ended; it starts again when a file is saved.");
  });
}

function startConsole() {
  const manifest = createRequire(join(root, "web/package.json")).resolve("vite/package.json");
  const program = join(dirname(manifest), "bin/vite.js");
  const arguments_ = [
    "--port",
    consolePort,
    "--strictPort",
    "--clearScreen",
    "false",
    "--logLevel",
    "warn",
  ];
  vite = spawn(process.execPath, [program, ...arguments_], {
    cwd: join(root, "web"),
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
    env: { ...process.env, BRIDGEPORT_API: `http://${api}` },
  });
  vite.on("exit", (code) => {
    vite = null;
    void end(code || 1);
  });
  console.log(
    `Console: ${consoleUrl} (${email}, ${password} at the first start). Ctrl-C ends all.`,
  );
}

async function end(code) {
  if (ending) return;
  ending = true;
  await Promise.all([stop(server), stop(vite), ...watched.map((close) => close())]);
  process.exit(code);
}

function stop(child) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", resolve);
    child.kill("SIGTERM");
  });
}
