import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import type { Logger } from "pino";
import { apiRoutes } from "./api-routes.ts";
import { startBackground } from "./background/start.ts";
import { settleRestore } from "./backups/settle-restore.ts";
import { ConfigError, readConfig, type TlsFiles, urlOf } from "./config.ts";
import { claimDataDirectory } from "./data-directory.ts";
import { type DatabaseAddress, openDatabase } from "./database/connection.ts";
import { EmbeddedPostgresError, startEmbeddedPostgres } from "./database/embedded.ts";
import { makeApplicationRole } from "./database/make-application-role.ts";
import { MigrationError, readSchema } from "./database/migrate.ts";
import { migrateAsOwner } from "./database/migrate-as-owner.ts";
import { databaseProblem } from "./database/reachable.ts";
import { listEnvironments } from "./environments/environments.store.ts";
import { startGateway } from "./gateway/gateway.ts";
import { unknownEnvironments } from "./group-roles.ts";
import { openCaller } from "./hooks/call.ts";
import { countFigures } from "./housekeeping/figures.store.ts";
import { createApp } from "./http/app.ts";
import { healthRoutes, metricsOnly } from "./http/health.ts";
import { productMetrics } from "./http/metrics.ts";
import { consoleFiles } from "./http/static.ts";
import { firstStart } from "./identity/first-start.ts";
import { takeNewestKey } from "./identity/key-rotation.ts";
import { openIdentityProvider } from "./identity/oidc-provider.ts";
import { openImageSources } from "./images/sources.ts";
import { readPackage } from "./installation/read-package.ts";
import { type HttpListener, listenHttp, requireListenable } from "./listener.ts";
import { startChanges } from "./live/changes.ts";
import { liveRoutes } from "./live/live.routes.ts";
import { followTopics } from "./live/topics.ts";
import { openLog } from "./log.ts";
import { dropKeys, givenKeys, keyFileIn, MasterKeyError } from "./master-key.ts";
import { startAdvancing } from "./plans/advance.ts";
import { startAskingPrometheus } from "./plans/ask-prometheus.ts";
import { startCallingHooks } from "./plans/call-hooks.ts";
import { alsoAllowing } from "./reach.ts";
import { receiptKeys } from "./receipts/receipt-keys.ts";
import { RegistryConnections } from "./registries/connections.ts";
import { withSecretFiles } from "./secret-files.ts";
import { secretsWith } from "./secrets.ts";
import { openAuthority } from "./servers/certificate-authority.ts";
import { reachableAgentAddress } from "./servers/join.ts";
import { startLocalAgent } from "./servers/local-agent.ts";
import { localStateDir } from "./servers/local-server.ts";
import { openTrustRootFile } from "./signatures/open-trust-root.ts";
import { signaturesForHosts } from "./signatures/signatures-for-hosts.ts";
import { doubtsAbout, followTlsFiles, readTlsFiles, type TlsPair } from "./tls-files.ts";
import { version } from "./version.ts";
import { shortestSecret, shortSecrets } from "./webhooks/secret-length.ts";
import { openSender } from "./webhooks/send.ts";

/*
 * The composition root: the only file that knows everything. It reads from top to bottom as
 * the start does; what was started is stopped in the opposite order.
 */

// Otherwise V8 lets garbage grow to several times what is in use before it collects all of it, so that
// one check of many images would leave a process that is half as large again.
setFlagsFromString("--heap-growing-percent=30");

const startedAt = performance.now();
const stops: { what: string; stop: () => Promise<void> | void }[] = [];
let stopping = false;
let askedAt = 0;
/** Has clients go elsewhere and answers what they have asked, once there are any. */
let drain = async (): Promise<void> => {};
/** How long a request may take once nothing new is taken. */
const requestPatienceMs = 20_000;
/** A Ctrl-C under npm comes twice: from the terminal, and passed on by npm. */
const impatientMs = 1000;

async function start(): Promise<void> {
  // What we were asked to be.
  const config = readConfig(withSecretFiles(process.env));
  const log = openLog(config.logLevel);
  // Not loaded where it is not wanted.
  const traces = config.traces
    ? (await import("./otlp.ts")).openTraces({ version, log: log.child({ part: "traces" }) })
    : undefined;
  if (traces) stops.push({ what: "traces", stop: () => traces.stop() });
  const trustRoot = await openTrustRootFile(config.sigstoreTrustRoot);
  const short = shortSecrets(config);
  if (short.length > 0) {
    log.warn(
      { variables: short },
      `secrets of webhooks have fewer than ${shortestSecret} characters: they work, and should be replaced by longer ones`,
    );
  }
  const dataDir = await claimDataDirectory(config.dataDir);
  const tls = config.tls && readTlsFiles(config.tls);
  const http = await listenHttp(config.http, { tls });
  stops.push({ what: "HTTP", stop: () => http.close() });
  await requireListenable("BRIDGEPORT_AGENT_ADDR", config.agent);
  const metricsListener =
    config.metrics && (await listenHttp(config.metrics, { variable: "BRIDGEPORT_METRICS_ADDR" }));
  if (metricsListener) stops.push({ what: "metrics", stop: () => metricsListener.close() });
  if (config.tls && tls) {
    const show = showCertificates(config.tls, tls, { http, publicUrl: config.publicUrl, log });
    stops.push({ what: "certificates", stop: show });
  }

  // What opens what is stored.
  const keys =
    config.masterKey === null
      ? keyFileIn(dataDir)
      : givenKeys("BRIDGEPORT_MASTER_KEY", config.masterKey);
  const secrets = secretsWith(keys);

  // The database, ours or theirs.
  let address: DatabaseAddress;
  let owner: DatabaseAddress | null;
  if (config.databaseUrl === null) {
    const embedded = startEmbeddedPostgres(join(dataDir, "postgres"), {
      restarted: () => log.warn("the embedded PostgreSQL had ended and was started again"),
    });
    // Also where we are to stop while it starts.
    const end = async () => (await embedded.catch(() => null))?.stop();
    stops.push({ what: "PostgreSQL", stop: end });
    ({ address, owner } = await embedded);
  } else {
    address = { url: config.databaseUrl };
    owner = config.migrationUrl === null ? null : { url: config.migrationUrl };
    if (config.migrationUrl !== null) {
      const made = await makeApplicationRole(config.databaseUrl, config.migrationUrl);
      if (made) log.info("the database role of DATABASE_URL was not there, and was made");
    }
  }
  const database = openDatabase(address, { secrets });
  stops.push({ what: "database connections", stop: () => database.end({ timeout: 5 }) });
  const problem = await databaseProblem(database);
  if (problem !== null) throw new ConfigError(`DATABASE_URL cannot be used: ${problem}`);
  const schema = readSchema(below("../migrations"));
  const { applied, protection } = await migrateAsOwner(database, owner, schema);
  if (applied.length > 0) log.info({ applied }, "the database is up to date");

  const settled = await settleRestore(database);
  if (settled !== null) {
    log.warn(settled, "the database was restored from a backup: what was under way then has ended");
  }
  const encrypted = await takeNewestKey(database, secrets);
  if (encrypted.values > 0) log.info(encrypted, "what is secret was encrypted with the newest key");
  const olderKeys = secrets.keyIds().slice(1);
  if (olderKeys.length > 0 && config.masterKey === null && config.databaseUrl === null) {
    // No other control plane can use this database.
    await dropKeys(dataDir, olderKeys).catch((error: unknown) => {
      log.warn({ err: error, olderKeys }, "older master keys are dropped by the next start");
    });
  } else if (olderKeys.length > 0) {
    log.info(
      { olderKeys },
      `${keys.where} has older master keys: once every control plane was started with the newest, they can be removed`,
    );
  }
  if (protection.gaps.length === 0) {
    log.info(
      { role: protection.role },
      "the database role can add to the audit, and not change it",
    );
  } else {
    log.warn(
      protection,
      "only triggers and hashes protect the audit: the database role could switch them off. Set DATABASE_MIGRATION_URL to have two roles (docs/operating.md)",
    );
  }

  // Who we are.
  const authority = await openAuthority(database, secrets);
  await receiptKeys({ database, secrets }).ready();
  const administrator = await firstStart(database, config.admin);
  const identityProvider =
    config.oidc && openIdentityProvider({ config: config.oidc, publicUrl: config.publicUrl });
  if (identityProvider) {
    stops.push({ what: "identity provider", stop: () => identityProvider.close() });
    const { environments } = await listEnvironments(database, null, { limit: 100_000, offset: 0 });
    const unknown = unknownEnvironments(identityProvider.groups, environments);
    if (unknown.length > 0) {
      log.warn(
        { unknown },
        "BRIDGEPORT_OIDC_GROUPS gives roles in environments that do not exist: they count when these do",
      );
    }
  }

  // What works in the background, and what counts it.
  const metrics = productMetrics({
    figures: () => countFigures(database),
    agentsConnected: () => gateway.connected(),
    registries: () => connections.budgets(),
  });
  const changes = await startChanges(database);
  stops.push({ what: "live updates", stop: () => changes.stop() });
  const plansLog = log.child({ part: "plans" });
  const advancing = await startAdvancing(database, plansLog, metrics.measure, traces);
  stops.push({ what: "plans", stop: () => advancing.stop() });
  const allows =
    config.allowedTargets === null ? {} : { allows: alsoAllowing(config.allowedTargets) };
  const caller = openCaller(allows);
  stops.push({ what: "calls of plans", stop: () => caller.close() });
  const hooks = await startCallingHooks({
    ...{ database, secrets, caller, log: log.child({ part: "hooks" }) },
  });
  stops.push({ what: "hooks of plans", stop: () => hooks.stop() });
  const asking = await startAskingPrometheus({
    ...{ database, caller, log: log.child({ part: "soaks" }) },
  });
  stops.push({ what: "questions of soaks", stop: () => asking.stop() });
  const connections = new RegistryConnections({ database, secrets });
  stops.push({ what: "registry connections", stop: () => connections.close() });
  const images = openImageSources({ database, registries: connections, trustRoot });
  // Looked for each time, as it may be made meanwhile.
  const agentPackage = () =>
    readPackage(config.agentPackages ?? below("../../dist/agent"), version);
  const commandLinePackage = () =>
    readPackage(below("../../dist/cli"), version, "command line", below("../../dist/agent"));
  const gateway = await startGateway({
    database,
    authority,
    address: config.agent,
    agentAddress: (listener) => reachableAgentAddress(listener, config.publicUrl),
    async credentialsFor({ registryId, reference, agent }) {
      const answer = await connections.credentialsFor(registryId, reference, agent);
      if (answer.ok) return answer;
      const refused = answer.kind === "unauthorized" || answer.kind === "forbidden";
      return { ...answer, code: refused ? "unauthorized" : "registry_unavailable" };
    },
    signaturesFor: signaturesForHosts({ database, connections }),
    agentPackage,
    measure: metrics.measure,
    log: log.child({ part: "gateway" }),
  });
  stops.push({ what: "agent gateway", stop: () => gateway.stop() });

  const sender = openSender(allows);
  const background = startBackground({
    sender,
    address,
    database,
    secrets,
    changes,
    images,
    publicUrl: config.publicUrl,
    updateCheckInterval: config.updateCheckInterval,
    measure: metrics.measure,
    log: log.child({ part: "background" }),
  });
  stops.push({ what: "background work", stop: () => background.stop() });

  // What the world sees.
  const secureCookie = config.publicUrl.startsWith("https:");
  const parts = { database, changes, log };
  const app = createApp({
    database,
    secrets,
    log: log.child({ part: "http" }),
    version,
    secureCookie,
    requestsPerSecond: config.rateLimit,
    trustedProxies: config.trustedProxies,
    routes: apiRoutes({
      ...parts,
      secrets,
      authority,
      connections,
      images,
      sender,
      resolveTag: images.resolveTag,
      publicUrl: config.publicUrl,
      webhookSecret: config.webhookSecret,
      pushSecrets: config.pushSecrets,
      secureCookie,
      identityProvider,
      agentAddress: () => reachableAgentAddress(gateway.address, config.publicUrl),
      heapSnapshots: config.heapSnapshots,
      agentsConnected: () => gateway.connected(),
      doctor: {
        schema,
        dataDir,
        tls: config.tls,
        publicUrl: config.publicUrl,
        version,
      },
      agentPackage,
      commandLinePackage,
      installScript: below("../install/install.sh"),
    }),
    answered: metrics.answered,
    traces,
    live: liveRoutes({
      ...parts,
      secureCookie,
      follow: followTopics({ ...parts, followLogs: gateway.followLogs }),
    }),
    health: healthRoutes({ database, log, secureCookie, draining: () => stopping, metrics }),
    console: consoleFiles(below("../../web/dist")),
  });
  http.use(app.fetch as never);
  metricsListener?.use(metricsOnly(metrics).fetch as never);

  // The engine of this machine, if there is one.
  if (config.localAgent === "auto") {
    const stateDir = localStateDir(dataDir);
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const agent = startLocalAgent({
      database,
      authority,
      log: log.child({ part: "local agent" }),
      stateDir,
      program: below("../../agent/dist/agent.cjs"),
      dockerHost: config.dockerHost,
      url: urlOf(config.http, tls !== null),
      agentAddress: reachableAgentAddress(gateway.address, urlOf(config.http, tls !== null)),
    });
    stops.push({ what: "local agent", stop: () => agent.stop() });
  }

  drain = async () => {
    http.lastAnswers();
    if (config.drainSeconds > 0) {
      say(`Requests are taken for another ${config.drainSeconds} s.`);
      await pause(config.drainSeconds * 1000);
    }
    await http.finish(requestPatienceMs);
  };
  say(`Bridgeport ${version} is ready: ${config.publicUrl}`);
  if (administrator) {
    say(`First administrator: ${administrator.email}`);
    say(`Password (shown this once): ${administrator.password}`);
  }
  log.info({ milliseconds: Math.round(performance.now() - startedAt) }, "ready");
}

/** Follows the files of the certificate. @returns stops it */
function showCertificates(
  files: TlsFiles,
  shown: TlsPair,
  { http, publicUrl, log }: { http: HttpListener; publicUrl: string; log: Logger },
): () => void {
  const doubt = (pair: TlsPair) => {
    for (const sentence of doubtsAbout(pair, publicUrl, new Date())) {
      log.warn({ file: files.cert }, `the TLS certificate will not be believed: ${sentence}`);
    }
  };
  doubt(shown);
  return followTlsFiles(files, {
    shown,
    changed(pair) {
      http.show(pair);
      log.info({ file: files.cert }, "new connections see the new TLS certificate");
      doubt(pair);
    },
    failed: (problem) => log.error(`${problem} The former TLS certificate is shown still.`),
  });
}

/** A file or directory beside the program: the same place from src/ and from dist/. */
function below(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function stop(exitCode: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await drain();
  const force = setTimeout(() => process.exit(exitCode || 1), 30_000);
  force.unref();
  for (const { what, stop: end } of stops.reverse()) {
    try {
      await end();
    } catch (error) {
      process.stderr.write(`Stopping ${what} failed: ${String(error)}\n`);
    }
  }
  process.exit(exitCode);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (stopping) {
      if (performance.now() - askedAt > impatientMs) process.exit(1); // asked twice
      return;
    }
    askedAt = performance.now();
    say("Stopping …");
    void stop(0);
  });
}

const expected = [ConfigError, EmbeddedPostgresError, MasterKeyError, MigrationError];
/** Whether it has started, for who started it. */
export const started: Promise<boolean> = start().then(
  () => true,
  (error: unknown) => {
    // What was taken away from a start that was told to stop is no failure.
    if (stopping) return false;
    const known = expected.some((kind) => error instanceof kind);
    const text = known ? (error as Error).message : (error as Error).stack;
    process.stderr.write(`Bridgeport cannot start: ${text}\n`);
    void stop(1);
    return false;
  },
);
