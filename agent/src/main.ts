import { availableParallelism, hostname, loadavg } from "node:os";
import { join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { commitHandler } from "./commands/commit.ts";
import { Journal } from "./commands/journal.ts";
import { laneLimits } from "./commands/lanes.ts";
import { lifecycleHandler } from "./commands/lifecycle.ts";
import { logsHandler } from "./commands/logs.ts";
import { readPolicy } from "./commands/policy.ts";
import { probeHandler } from "./commands/probe.ts";
import { pruneEstimateHandler, pruneHandler } from "./commands/prune.ts";
import { pullHandler } from "./commands/pull.ts";
import { reported } from "./commands/reported.ts";
import { rollbackHandler } from "./commands/rollback.ts";
import { runHandler } from "./commands/run.ts";
import { Worker } from "./commands/worker.ts";
import { type AgentConfig, readConfig, usage } from "./config.ts";
import { connectEngine, type EngineEndpoint, unavailableSentence } from "./engine/client.ts";
import { Inventory } from "./engine/inventory/inventory.ts";
import { EngineWatch } from "./engine/inventory/watch.ts";
import { readSurroundings, selfMatcher } from "./engine/self.ts";
import { ensureIdentity } from "./link/ensure-identity.ts";
import { Link } from "./link/link.ts";
import { IdentityKeeper } from "./link/renewal.ts";
import { createLogger, type Logger } from "./log.ts";
import { StartRefused } from "./start-refused.ts";
import { openStateDirectory } from "./state/directory.ts";
import { lockStateDirectory } from "./state/lock.ts";

/** Half-done commands are recovered before the control plane may ask for more; but not for ever. */
const recoverFirstMs = 60_000;
/** An engine that accepts connections and does not answer must not keep the agent from saying so. */
const engineFirstMs = 5_000;
const stopGraceMs = 10_000;
const impatientMs = 2_000;
const sweepEveryMs = 6 * 60 * 60_000;

async function start(config: AgentConfig, log: Logger): Promise<void> {
  const stateDir = await openStateDirectory(config.stateDir);
  await lockStateDirectory(stateDir, undefined, (holder) => {
    log.info(`Waiting for another agent to let go of ${stateDir}: ${holder}`);
  });
  const policy = await readPolicy(join(stateDir, "policy.json"));
  const identity = await ensureIdentity(stateDir, config, hostname(), log);
  const journal = await Journal.open(join(stateDir, "journal"), log);

  const engine = connectEngine(config.engine);
  const inventory = new Inventory(engine, selfMatcher(await readSurroundings()), log);
  const watch = new EngineWatch(engine, inventory, log);

  const worker = new Worker({
    journal,
    policy,
    log,
    engine: watch,
    handlers: {
      pull: pullHandler(engine),
      run: reported(inventory, runHandler(engine)),
      // A plan may end with these.
      rollback: reported(inventory, rollbackHandler(engine), { before: "result" }),
      commit: reported(inventory, commitHandler(engine), { before: "result" }),
      prune: pruneHandler(engine),
      prune_estimate: pruneEstimateHandler(engine),
      probe: probeHandler(engine),
      lifecycle: lifecycleHandler(engine),
      logs: logsHandler(engine),
    },
    limits: () =>
      laneLimits({ cores: watch.status.cpus || availableParallelism(), load: loadavg()[0] ?? 0 }),
    send: (message) => link.send(message),
  });
  const link = new Link(
    {
      agentVersion: manifest.version,
      engine,
      inventory,
      watch,
      worker,
      journal,
      policy,
      identity: new IdentityKeeper(stateDir, identity, log),
      log,
    },
    config.agentAddr,
  );

  const stop = stopRequest(config.exitWithParent);
  log.info("Starting", { server: identity.serverId, engine: engine.host, stateDir });
  await Promise.race([watch.start(), wait(engineFirstMs), stop]);
  const recovered = worker.recover().catch((error) => {
    log.error("The journal could not be taken up", { error });
  });
  if (watch.available) await Promise.race([recovered, wait(recoverFirstMs), stop]);
  link.start();
  const sweeper = setInterval(() => {
    journal.sweep(Date.now()).catch((error) => log.warn("The journal was not swept", { error }));
  }, sweepEveryMs);
  await journal.sweep(Date.now());

  const reason = await stop;
  log.info("Stopping", { reason });
  clearInterval(sweeper);
  await worker.stop(stopGraceMs);
  await link.stop(reason);
  await watch.stop();
  engine.close();
}

/**
 * Resolves with what ends the agent: a signal, or its parent's end. A signal that comes seconds
 * later ends it at once; one that comes sooner is the same Ctrl-C, passed on by a parent as well.
 */
function stopRequest(exitWithParent: boolean): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      let first: number | null = null;
      process.on(signal, () => {
        const now = performance.now();
        first ??= now;
        resolve(`The agent is stopping (${signal}).`);
        if (now - first > impatientMs) process.exit(1);
      });
    }
    if (!exitWithParent) return;
    const ended = () => resolve("The agent is stopping with the process that started it.");
    process.stdin.once("end", ended).once("close", ended).once("error", ended).resume();
  });
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** One line for what a person can mend, the stack for what is a mistake of ours. */
function lastWords(error: unknown): string {
  if (error instanceof StartRefused) return error.message;
  if (!(error instanceof Error)) return String(error);
  return "syscall" in error ? `The agent cannot go on: ${error.message}` : String(error.stack);
}

/** Throws the sentence about an engine that does not answer. */
async function checkEngine(endpoint: EngineEndpoint): Promise<void> {
  const engine = connectEngine(endpoint, { ping: engineFirstMs });
  const status = await engine.docker.ping().then(
    () => null,
    (error: unknown) => error,
  );
  engine.close();
  if (status !== null) throw new StartRefused(unavailableSentence(engine.host, status));
}

async function main(): Promise<void> {
  const request = readConfig(process.argv.slice(2), process.env);
  if (request.kind === "help") process.stdout.write(usage);
  else if (request.kind === "check-engine") await checkEngine(request.engine);
  else if (request.kind === "version") process.stdout.write(`${manifest.version}\n`);
  else await start(request.config, createLogger(request.config.logLevel));
}

main().then(
  () => process.exit(0),
  (error) => {
    process.stderr.write(`${lastWords(error)}\n`);
    process.exit(1);
  },
);
