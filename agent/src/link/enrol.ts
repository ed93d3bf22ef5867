import { isIP } from "node:net";
import type { Logger } from "../log.ts";
import { StartRefused } from "../start-refused.ts";
import { askApi, notOurs } from "./api.ts";
import { patienceMs } from "./attempts.ts";
import {
  type CertificateRequest,
  certificateFault,
  parseCertificate,
  requestCertificate,
} from "./certificate.ts";
import { enrolOverTls } from "./enrol-over-tls.ts";
import type { Reach } from "./http-exchange.ts";
import { type Identity, resolveAgentAddr } from "./identity.ts";
import { hasAuthority, type JoinToken, parseJoinToken, tokenFingerprint } from "./join-token.ts";

/** What an agent joins with. */
export interface Joining {
  /** the control plane's */
  url: URL;
  joinToken: string;
  hostname: string;
  log: Logger;
  /** `host:port` of the control plane's agent port; default: as it announces it */
  agentAddr?: string | null;
  /** whether the token may be sent where it can be read on the way */
  tokenOverHttp?: boolean;
  /** default: as this machine is set up */
  reach?: Reach;
  /** how long is tried while the control plane does not answer */
  forMs?: number;
}

type Enrolled = Omit<Identity, "url" | "joinedWith">;

/**
 * Exchanges a join token for an identity. The token is sent by TLS with a control plane whose authority is
 * the one whose hash the token contains, so that nothing between the two can read it or pose as the
 * control plane. A control plane of an earlier version takes it over HTTP only: where that could be
 * read on the way, it is not sent unless that is wanted. Throws {@link StartRefused} with a sentence for
 * the person who starts the agent.
 */
export async function enrol(joining: Joining): Promise<Identity> {
  const { url, joinToken, hostname } = joining;
  const token = parseJoinToken(joinToken);
  if (token === null) {
    throw new StartRefused(
      "--token is not a join token: copy all of it (it begins with bp1.) from the server's page.",
    );
  }
  const request = await requestCertificate(hostname);
  const enrolled =
    (await enrolByPin(joining, token, request)) ?? (await enrolByHttp(joining, token, request));
  return { ...enrolled, url: url.href, joinedWith: tokenFingerprint(token.text) };
}

function reachOf({ reach }: Joining): Reach {
  return reach ?? { environment: process.env };
}

/** @returns null: the control plane is of an earlier version */
async function enrolByPin(
  joining: Joining,
  token: JoinToken,
  request: CertificateRequest,
): Promise<Enrolled | null> {
  const { url, hostname, log, forMs = patienceMs } = joining;
  const reach = reachOf(joining);
  const { status, fields } = await askApi(url, {
    path: "api/agent/authority",
    body: null,
    // The token pins the authority wherever it is read, so that a certificate for the URL would prove no more.
    reach: { ...reach, anyCertificate: true },
    forMs,
    log,
  });
  if (status === 404 || status === 401) {
    if (typeof fields?.code !== "string") throw notOurs(url);
    return null;
  }
  if (status !== 200) throw answered(url, status, fields);
  const { ca, trusted, agentAddr } = fields ?? {};
  const shown = [ca, ...(Array.isArray(trusted) ? trusted : [])].filter(isText);
  if (shown.length === 0 || !isText(agentAddr) || !/:\d+$/.test(agentAddr)) throw notOurs(url);
  const pinned = shown.find((pem) => {
    const certificate = parseCertificate(pem);
    return certificate !== null && hasAuthority(token, certificate);
  });
  if (pinned === undefined) throw notPinned(url);
  return enrolOverTls({
    address: joining.agentAddr ?? resolveAgentAddr(agentAddr, url.href),
    caPem: pinned,
    token: token.text,
    request,
    hostname,
    environment: reach.environment,
    forMs,
    log,
  });
}

async function enrolByHttp(
  joining: Joining,
  token: JoinToken,
  { csrPem, keyPem }: CertificateRequest,
): Promise<Enrolled> {
  const { url, hostname, log, forMs = patienceMs } = joining;
  if (!isPrivate(url) && joining.tokenOverHttp !== true) {
    throw new StartRefused(
      `What answers at ${url.origin} is a control plane of an earlier version, or poses as one: it takes the join token only over plain http, where it can be read on the way. Update the control plane, or use https. Add --token-over-http if you trust the network between the two.`,
    );
  }
  const { status, fields } = await askApi(url, {
    path: "api/agent/enroll",
    body: JSON.stringify({ token: token.text, csr: csrPem, hostname }),
    reach: reachOf(joining),
    forMs,
    log,
  });
  if (status === 401) {
    throw new StartRefused(
      "The control plane does not accept this join token: it was used before, has expired, or is another control plane's. Make a new one on the server's page.",
    );
  }
  if (status !== 200 && status !== 201) throw answered(url, status, fields);
  const { certificate, ca, serverId, agentAddr } = fields ?? {};
  if (!isText(certificate) || !isText(ca) || !isText(serverId) || !isText(agentAddr)) {
    throw notOurs(url);
  }
  if (!/:\d+$/.test(agentAddr)) throw notOurs(url);
  const authority = parseCertificate(ca);
  if (authority === null || !hasAuthority(token, authority)) throw notPinned(url);
  const fault = certificateFault(certificate, [authority], keyPem);
  if (fault !== null) {
    throw new StartRefused(
      `The control plane at ${url.origin} issued a certificate that cannot be used (${fault}).`,
    );
  }
  return { serverId, agentAddr, certificatePem: certificate, caPem: ca, keyPem };
}

/** Whether nothing between this process and the control plane can read what is sent. */
function isPrivate({ protocol, hostname }: URL): boolean {
  if (protocol === "https:" || hostname === "localhost" || hostname === "[::1]") return true;
  return isIP(hostname) === 4 && hostname.startsWith("127.");
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function answered(url: URL, status: number, fields: Record<string, unknown> | null): StartRefused {
  const detail = typeof fields?.error === "string" ? `: ${fields.error}` : "";
  return new StartRefused(`The control plane at ${url.origin} answered ${status}${detail}.`);
}

function notPinned(url: URL): StartRefused {
  return new StartRefused(
    `What answers at ${url.origin} is not the control plane that made this join token: check --url, and the proxies on the way to it. If its certificate authority was replaced since, make a new token.`,
  );
}
