import { setTimeout as sleep } from "node:timers/promises";
import { ProxyError } from "@bridgeport/proto/proxies";
import type { Logger } from "../log.ts";
import { StartRefused } from "../start-refused.ts";
import { certificateFault, parseCertificate, requestCertificate } from "./certificate.ts";
import type { Identity } from "./identity.ts";
import { hasAuthority, type JoinToken, parseJoinToken, tokenFingerprint } from "./join-token.ts";
import { type Answer, post, type Reach } from "./post.ts";

/** How long the request is retried while the control plane does not answer. */
const retryForMs = 30_000;

/** What an agent joins with. */
export interface Joining {
  /** the control plane's */
  url: URL;
  joinToken: string;
  hostname: string;
  log: Logger;
  /** default: as this machine is set up */
  reach?: Reach;
}

/**
 * Exchanges a join token for an identity. The answer is accepted only if its certificate authority is
 * the one whose hash the token contains, so that no server between the two can pose as the control
 * plane. Throws {@link StartRefused} with a sentence for the person who starts the agent.
 */
export async function enrol({
  url,
  joinToken,
  hostname,
  log,
  reach = { environment: process.env },
}: Joining): Promise<Identity> {
  const token = parseJoinToken(joinToken);
  if (token === null) {
    throw new StartRefused(
      "--token is not a join token: copy all of it (it begins with bp1.) from the server's page.",
    );
  }
  const { keyPem, csrPem } = await requestCertificate(hostname);
  const target = new URL("api/agent/enroll", url.href.endsWith("/") ? url : `${url.href}/`);
  const body = JSON.stringify({ token: token.text, csr: csrPem, hostname });
  const answer = await postWithRetries(() => post(target, body, reach), target, log);
  return accept(answer, url, token, keyPem);
}

async function postWithRetries(
  attempt: () => Promise<Answer>,
  target: URL,
  log: Logger,
): Promise<Answer> {
  const giveUpAt = Date.now() + retryForMs;
  for (let failed = 0; ; failed += 1) {
    let reason: string;
    let waitMs = Math.min(500 * 2 ** failed, 5_000);
    try {
      const answer = await attempt();
      if (answer.status !== 429 && answer.status < 500) return answer;
      reason = `it answered ${answer.status}`;
      const retryAfter = Number(answer.headers["retry-after"]);
      if (retryAfter > 0) waitMs = retryAfter * 1000;
    } catch (error) {
      if (error instanceof ProxyError && !error.again) throw new StartRefused(error.message);
      const { code, message } = error as NodeJS.ErrnoException;
      reason = code ?? message;
    }
    if (Date.now() + waitMs >= giveUpAt) {
      throw new StartRefused(
        `The control plane at ${target.origin} cannot be reached (${reason.replace(/\.$/, "")}): check --url, and that it is running.`,
      );
    }
    log.warn("The control plane does not answer yet", { url: target.origin, reason });
    await sleep(waitMs);
  }
}

function accept(answer: Answer, url: URL, token: JoinToken, keyPem: string): Identity {
  const fields = jsonObject(answer.body);
  if (answer.status === 401) {
    throw new StartRefused(
      "The control plane does not accept this join token: it was used before, has expired, or is another control plane's. Make a new one on the server's page.",
    );
  }
  if (answer.status >= 300 && answer.status < 400) {
    throw new StartRefused(
      `${url.origin} redirects to ${String(answer.headers.location)}: use that address as --url.`,
    );
  }
  if (answer.status !== 200 && answer.status !== 201) {
    const detail = typeof fields?.error === "string" ? `: ${fields.error}` : "";
    throw new StartRefused(
      `The control plane at ${url.origin} answered ${answer.status}${detail}.`,
    );
  }
  const { certificate, ca, serverId, agentAddr } = fields ?? {};
  if (
    typeof certificate !== "string" ||
    typeof ca !== "string" ||
    typeof serverId !== "string" ||
    typeof agentAddr !== "string" ||
    !/:\d+$/.test(agentAddr)
  ) {
    throw new StartRefused(
      `What answers at ${url.origin} is not a Bridgeport control plane of this version: check --url.`,
    );
  }
  const authority = parseCertificate(ca);
  if (authority === null || !hasAuthority(token, authority)) {
    throw new StartRefused(
      `What answers at ${url.origin} is not the control plane that made this join token: check --url, and the proxies on the way to it.`,
    );
  }
  const fault = certificateFault(certificate, authority, keyPem);
  if (fault !== null) {
    throw new StartRefused(
      `The control plane at ${url.origin} issued a certificate that cannot be used (${fault}).`,
    );
  }
  return {
    serverId,
    url: url.href,
    agentAddr,
    certificatePem: certificate,
    caPem: ca,
    keyPem,
    joinedWith: tokenFingerprint(token.text),
  };
}

function jsonObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
