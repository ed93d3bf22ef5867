import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import { system } from "../actor.ts";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import { listEnvironments } from "../environments/environments.store.ts";
import { audit } from "../identity/audit.store.ts";
import { agentFlags } from "./agent-flags.ts";
import type { Authority } from "./certificate-authority.ts";
import { agentEnvironment, whyNoEngine } from "./engine-look.ts";
import { newJoinToken } from "./join.ts";
import { insertJoinToken } from "./join-tokens.store.ts";
import { enrolledIn, keepLocalServer, localServer } from "./local-server.ts";
import { issuerOf } from "./presented-certificate.ts";
import { everyServer, findServer, insertServer } from "./servers.store.ts";

/*
 * The agent that comes with the control plane: a process of its own, as on any other server,
 * for the engine of this machine. It is started once an engine answers, enrolled by itself,
 * started again when it ends, and ends with us.
 */

export interface LocalAgentParts {
  database: Database;
  authority: Authority;
  log: Logger;
  /** where its state is kept */
  stateDir: string;
  /** the built program */
  program: string;
  /** null: not set, so that the agent looks for the engine as the docker command line does */
  dockerHost: string | null;
  /** how it reaches this control plane, whatever name others use */
  url: string;
  /** host:port of our gRPC now, which may be another than when it enrolled */
  agentAddress: string;
}

export interface LocalAgent {
  stop(): Promise<void>;
}

const lookAgainMs = 10_000;
const restartMs = 1000;

export function startLocalAgent(parts: LocalAgentParts): LocalAgent {
  const { log } = parts;
  let child: ChildProcess | null = null;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;
  let said: string | null = null;

  function later(ms: number): void {
    if (!stopping) timer = setTimeout(go, ms);
  }

  function go(): void {
    begin().catch((error: unknown) => {
      log.warn({ err: error }, "the local agent could not be started; trying again");
      later(lookAgainMs);
    });
  }

  async function begin(): Promise<void> {
    const reason = await whyNoEngine(parts);
    if (reason !== null) {
      // Once, as it is looked for again and again.
      if (reason !== said) log.warn(`no local agent: ${reason}`);
      said = reason;
      return later(lookAgainMs);
    }
    if (said !== null) log.info("a Docker Engine answers now");
    said = null;
    const token = await enrolment(parts);
    if (stopping) return;
    // Arguments are for everybody on this machine to read.
    const tokenFile = join(parts.stateDir, "join-token");
    rmSync(tokenFile, { force: true });
    if (token !== null) writeFileSync(tokenFile, token, { mode: 0o600, flag: "wx" });
    const started = spawn(
      process.execPath,
      [
        ...agentFlags(),
        parts.program,
        "--url",
        parts.url,
        "--agent-addr",
        parts.agentAddress,
        "--state-dir",
        parts.stateDir,
        "--exit-with-parent",
        ...(token === null ? [] : ["--token-file", tokenFile]),
      ],
      {
        // A closed standard input tells it that we are gone, also after a kill -9.
        stdio: ["pipe", "inherit", "inherit"],
        // Ctrl-C is for us; we end it in our own time.
        detached: true,
        env: agentEnvironment(parts.dockerHost),
      },
    );
    child = started;
    started.on("error", (error) => log.warn({ err: error }, "the local agent did not start"));
    started.on("exit", (code, signal) => {
      child = null;
      if (!stopping) log.warn({ code, signal }, "the local agent ended; starting it again");
      later(restartMs);
    });
  }

  go();
  return {
    async stop() {
      stopping = true;
      clearTimeout(timer);
      const running = child;
      if (!running) return;
      const ended = new Promise((resolve) => running.once("exit", resolve));
      running.kill("SIGTERM");
      const force = setTimeout(() => running.kill("SIGKILL"), 15_000);
      await ended;
      clearTimeout(force);
    },
  };
}

/**
 * A token for an agent that has not enrolled yet, or whose certificate counts no longer; null for others.
 * State of a server that no longer exists here is set aside: it belongs to another database. An agent without
 * state joins as the server that this machine was before.
 */
async function enrolment(parts: LocalAgentParts): Promise<string | null> {
  const { database, stateDir, authority } = parts;
  const known = enrolledIn(stateDir);
  if (known !== null) {
    if (await findServer(database, known.serverId)) {
      keepLocalServer(stateDir, known.serverId);
      if (issuerOf(known.certificate, authority) !== null) return null;
      // Its authority was retired while there was no engine, so that no agent ran.
      return transaction(database, (sql) => newToken(sql, authority, known.serverId));
    }
    rmSync(`${stateDir}.old`, { recursive: true, force: true });
    renameSync(stateDir, `${stateDir}.old`);
  }
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const { token, serverId } = await transaction(database, async (sql) => {
    const serverId = (await formerServer(sql, stateDir)) ?? (await serverOfThisMachine(sql));
    return { token: await newToken(sql, authority, serverId), serverId };
  });
  keepLocalServer(stateDir, serverId);
  return token;
}

/** What this machine was, unless somebody has deleted it, or revoked it and has to say that it comes back. */
async function formerServer(sql: Sql, stateDir: string): Promise<string | null> {
  const id = localServer(stateDir);
  const server = id === null ? null : await findServer(sql, id);
  return server === null || server.revokedAt !== null ? null : server.id;
}

/** A server that waits for its agent, made where there is none. */
async function serverOfThisMachine(sql: Sql): Promise<string> {
  const { environments } = await listEnvironments(sql, null, { limit: 1, offset: 0 });
  const [environment] = environments;
  if (!environment) throw new Error("there is no environment for the local server yet");
  const servers = await everyServer(sql, environment.id);
  const name = hostname() || "local";
  const mine = servers.find((server) => server.name === name && server.status === "pending");
  if (mine) return mine.id;
  const taken = servers.some((server) => server.name === name);
  const newName = taken ? `${name}-${Date.now().toString(36)}` : name;
  const serverId = await insertServer(sql, {
    environmentId: environment.id,
    name: newName,
    hostname: name,
    tags: ["local"],
  });
  await audit(sql, system, {
    action: "create_server",
    resourceType: "server",
    resourceId: serverId,
    resourceName: newName,
    environmentId: environment.id,
    details: { reason: "the engine of this machine" },
  });
  return serverId;
}

async function newToken(sql: Sql, authority: Authority, serverId: string): Promise<string> {
  await authority.upToDate(sql);
  const token = newJoinToken(authority.fingerprint);
  await insertJoinToken(sql, serverId, token);
  return token;
}
