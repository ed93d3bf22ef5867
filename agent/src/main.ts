import { availableParallelism, hostname, loadavg } from "node:os";
import { join } from "node:path";
import type { CommandKind } from "@bridgeport/proto";
import manifest from "../package.json" with { type: "json" };
import type { CommandHandler } from "./command.ts";
import { commitHandler } from "./commands/commit.ts";
import { jobHandler } from "./commands/job.ts";
import { Journal } from "./commands/journal.ts";
import { laneLimits } from "./commands/lanes.ts";
import { lifecycleHandler } from "./commands/lifecycle.ts";
import { logsHandler } from "./commands/logs.ts";
import { probeHandler } from "./commands/probe.ts";
import { withProtectedLabels } from "./commands/protected-labels.ts";
import { pruneEstimateHandler, pruneHandler } from "./commands/prune.ts";
import { pullHandler } from "./commands/pull.ts";
import { withReporting } from "./commands/reporting.ts";
import { rollbackHandler } from "./commands/rollback.ts";
import { runHandler } from "./commands/run.ts";
import { Worker } from "./commands/worker.ts";
import { type AgentConfig, readConfig, usage } from "./config.ts";
import { connectEngine, type EngineEndpoint, unavailableSentence } from "./engine/client.ts";
import { Inventory } from "./engine/inventory/inventory.ts";
import { EngineWatch } from "./engine/inventory/watch.ts";
import { readSurroundings, selfMatcher } from "./engine/self.ts";
import { splitPem } from "./link/certificate.ts";
import { ensureIdentity } from "./link/ensure-identity.ts";
import { Link } from "./link/link.ts";
import { IdentityKeeper } from "./link/renewal.ts";
import { createLogger, type Logger } from "./log.ts";
import { readPolicy } from "./policy/policy-file.ts";
import { StartRefused } from "./start-refused.ts";
import { openStateDirectory } from "./state/directory.ts";
import { lockStateDirectory } from "./state/lock.ts";
import { tellStatus } from "./status.ts";
import { canBeReplaced, endAbandonedTrial, enterProgram, handOver } from "./upgrade/enter.ts";
import { isOnTrial } from "./upgrade/orphans.ts";
import { noRecord } from "./upgrade/record.ts";
import { Upgrader } from "./upgrade/upgrader.ts";

/** How long the first connection waits for half-done commands to be recovered. */
const recoveryFirstMs = 60_000;
/** How long the first connection waits for the engine: one that never answers must be reported, too. */
const engineFirstMs = 5_000;
const stopGraceMs = 10_000;
/** Whatever still holds this process then: it ends. */
const stopAtLastMs = 30_000;
/** A second signal after this time ends the process at once. */
const secondSignalMs = 2_000;
const sweepEveryMs = 6 * 60 * 60_000;

async function start(config: AgentConfig, log: Logger): Promise<void> {
  const stateDir = await openStateDirectory(config.stateDir);
  const stop = stopRequest(config.exitWithParent);
  const stopped = new AbortController();
  void stop.then(() => stopped.abort());
  const own = { version: manifest.version, file: process.execPath, args: process.argv.slice(2) };
  const decides = canBeReplaced() && !isOnTrial(process.env) && !config.joinOnly;
  if (decides) await endAbandonedTrial(stateDir, log);
  const lock = await lockStateDirectory(stateDir, undefined, (holder) => {
    log.info(`Waiting for another agent that uses ${stateDir} to stop: ${holder}`);
  });
  const record = decides
    ? await enterProgram(stateDir, own, { lock, log, stopped: stopped.signal })
    : noRecord;
  const policy = await readPolicy(config.policyPath, stateDir);
  const identity = await ensureIdentity(stateDir, config, hostname(), log);
  if (config.joinOnly) return;
  const journal = await Journal.open(join(stateDir, "journal"), log);

  const engine = connectEngine(config.engine);
  const inventory = new Inventory(engine, selfMatcher(await readSurroundings()), log);
  const watch = new EngineWatch(engine, inventory, log);

  const guarded = <K extends CommandKind>(handler: CommandHandler<K>) =>
    withProtectedLabels(engine, policy, handler);
  const worker = new Worker({
    journal,
    policy,
    log,
    engine: watch,
    handlers: {
      pull: guarded(pullHandler(engine)),
      run: guarded(withReporting(inventory, runHandler(engine))),
      // One of these may be the last command of a plan: after it, the inventory has to be current.
      rollback: guarded(withReporting(inventory, rollbackHandler(engine), { reportsFirst: true })),
      job: guarded(jobHandler(engine)),
      commit: guarded(withReporting(inventory, commitHandler(engine), { reportsFirst: true })),
      prune: pruneHandler(engine),
      prune_estimate: pruneEstimateHandler(engine),
      probe: guarded(probeHandler(engine)),
      lifecycle: guarded(lifecycleHandler(engine)),
      logs: guarded(logsHandler(engine)),
    },
    limits: () =>
      laneLimits({ cores: watch.status.cpus || availableParallelism(), load: loadavg()[0] ?? 0 }),
    send: (message) => link.send(message),
  });
  const upgrader: Upgrader = new Upgrader({
    capable: canBeReplaced(),
    takesOrders: decides,
    version: manifest.version,
    file: own.file,
    platform: `${process.platform}-${process.arch}`,
    stateDir,
    policy,
    record,
    authorities: () => splitPem(keeper.identity.caPem),
    download: (platform) => link.download(platform),
    busy: () => worker.busy,
    log,
  });
  const keeper = new IdentityKeeper(stateDir, identity, log);
  const link: Link = new Link(
    {
      agentVersion: manifest.version,
      engine,
      inventory,
      watch,
      worker,
      journal,
      policy,
      identity: keeper,
      upgrades: upgrader,
      log,
    },
    config.agentAddr,
    (connected, reason) => {
      lock.tell({ version: manifest.version, connected, reason });
      if (connected) void upgrader.settled();
    },
  );

  log.info("Starting", {
    server: identity.serverId,
    engine: engine.host,
    stateDir,
    policy: policy.sha256 === null ? "none" : policy.path,
  });
  await Promise.race([watch.start(), wait(engineFirstMs), stop]);
  const recovered = worker.recover().catch((error) => {
    log.error("Unfinished commands could not be recovered from the journal", { error });
  });
  if (watch.available) await Promise.race([recovered, wait(recoveryFirstMs), stop]);
  link.start();
  const sweepTimer = setInterval(() => {
    journal
      .sweep(Date.now())
      .catch((error) => log.warn("Old journal entries could not be removed", { error }));
  }, sweepEveryMs);
  await journal.sweep(Date.now());

  const trial = await Promise.race([stop.then(() => null), upgrader.ready]);
  const reason = trial === null ? await stop : `The agent is upgraded to ${trial.to}.`;
  log.info("Stopping", { reason });
  const atLast = setTimeout(() => process.exit(1), stopAtLastMs).unref();
  clearInterval(sweepTimer);
  await worker.stop(stopGraceMs);
  await link.stop(reason);
  await watch.stop();
  engine.close();
  await upgrader.settled();
  if (trial === null) return;
  clearTimeout(atLast);
  await lock.release();
  await handOver(stateDir, trial, own, log, stopped.signal);
}

/**
 * Resolves with the reason when the agent is to stop: at a signal, or when its parent process ends. A
 * second signal ends the process at once, unless it comes so soon that it is the same Ctrl-C, sent by
 * the terminal and passed on by the parent.
 */
function stopRequest(exitWithParent: boolean): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      let first: number | null = null;
      process.on(signal, () => {
        const now = performance.now();
        first ??= now;
        resolve(`The agent is stopping (${signal}).`);
        if (now - first > secondSignalMs) process.exit(1);
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

/** One line for what an operator can fix, the stack for a bug of the agent. */
function errorText(error: unknown): string {
  if (error instanceof StartRefused) return error.message;
  if (!(error instanceof Error)) return String(error);
  return "syscall" in error ? `The agent cannot continue: ${error.message}` : String(error.stack);
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
  else if (request.kind === "status") process.exitCode = await tellStatus(request);
  else if (request.kind === "version") process.stdout.write(`${manifest.version}\n`);
  else await start(request.config, createLogger(request.config.logLevel));
}

main().then(
  () => process.exit(),
  (error) => {
    process.stderr.write(`${errorText(error)}\n`);
    process.exit(1);
  },
);
