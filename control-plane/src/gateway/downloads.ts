import { createReadStream } from "node:fs";
import type { DownloadRequest, WireDownloadPart } from "@bridgeport/proto";
import { status as grpcStatus, type ServerWritableStream } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { Database } from "../database/connection.ts";
import type { PackageState } from "../installation/read-package.ts";
import { findRunningUpgrade } from "../servers/agent-upgrades.store.ts";
import type { Authority } from "../servers/certificate-authority.ts";
import { whyRefused } from "../servers/certificate-standing.ts";
import { serverAccess } from "../servers/certificates.store.ts";
import { presentedCertificate } from "../servers/presented-certificate.ts";

export interface DownloadsDeps {
  database: Database;
  log: Logger;
  authority: Authority;
  agentPackage: () => PackageState;
  /** something is asked on this connection; @returns that this is over */
  using: (peer: string) => () => void;
}

type Call = ServerWritableStream<DownloadRequest, WireDownloadPart>;

const partBytes = 256 * 1024;

/** Gives an agent that is to be upgraded its program. A server gets one at a time: the latest asked for. */
export function downloads(deps: DownloadsDeps) {
  const underWay = new Map<string, AbortController>();

  return (call: Call): void => {
    const end = new AbortController();
    end.signal.addEventListener("abort", deps.using(call.getPeer()), { once: true });
    call.on("cancelled", () => end.abort());
    call.on("error", () => end.abort());
    call.on("close", () => end.abort());
    const refuse = (code: grpcStatus, details: string) => call.emit("error", { code, details });
    const served = serve(deps, call, underWay, end).then(
      (refusal) => {
        if (refusal !== null) refuse(refusal.code, refusal.details);
        else if (!end.signal.aborted) call.end();
      },
      (error: unknown) => {
        if (end.signal.aborted) return;
        deps.log.warn({ err: error }, "an agent's program could not be sent");
        refuse(grpcStatus.UNAVAILABLE, "the control plane could not go on");
      },
    );
    void served.finally(() => end.abort());
  };
}

/** @returns null: all of it was sent, or its reader is gone */
async function serve(
  { database, authority, agentPackage }: DownloadsDeps,
  call: Call,
  underWay: Map<string, AbortController>,
  end: AbortController,
): Promise<{ code: grpcStatus; details: string } | null> {
  const certificate = presentedCertificate(call.getAuthContext().sslPeerCertificate, authority);
  const server = certificate && (await serverAccess(database, certificate));
  if (!certificate || whyRefused(server, certificate, authority.fingerprint) !== null) {
    return { code: grpcStatus.PERMISSION_DENIED, details: "its certificate does not count" };
  }
  const { serverId } = certificate;
  const upgrade = await findRunningUpgrade(database, serverId);
  const now = agentPackage();
  if (upgrade === null || now.state !== "ready" || now.program.version !== upgrade.toVersion) {
    const details = "no upgrade of this agent runs that this control plane has the program for";
    return { code: grpcStatus.FAILED_PRECONDITION, details };
  }
  const { platform } = call.request;
  const { platforms } = now.program;
  const file = Object.hasOwn(platforms, platform) ? platforms[platform] : undefined;
  if (file === undefined) {
    const details = `there is no agent for ${platform.slice(0, 100)}`;
    return { code: grpcStatus.NOT_FOUND, details };
  }
  underWay.get(serverId)?.abort();
  underWay.set(serverId, end);
  try {
    for await (const content of createReadStream(file.path, { highWaterMark: partBytes })) {
      if (end.signal.aborted) return { code: grpcStatus.CANCELLED, details: "it was asked anew" };
      if (!call.write({ content })) await drained(call, end.signal);
    }
    return null;
  } finally {
    if (underWay.get(serverId) === end) underWay.delete(serverId);
  }
}

function drained(call: Call, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      call.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    call.on("drain", done);
    signal.addEventListener("abort", done);
  });
}
