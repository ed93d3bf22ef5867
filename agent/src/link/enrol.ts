import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../log.ts";
import { StartRefused } from "../start-refused.ts";
import { certificateFault, parseCertificate, requestCertificate } from "./certificate.ts";
import type { Identity } from "./identity.ts";
import { hasAuthority, type JoinToken, parseJoinToken, tokenFingerprint } from "./join-token.ts";

/** How long the request is retried while the control plane does not answer. */
const retryForMs = 30_000;
const requestTimeoutMs = 15_000;
const maxAnswerBytes = 256 * 1024;

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/**
 * Exchanges a join token for an identity. The answer is accepted only if its certificate authority is
 * the one whose hash the token contains, so that no server between the two can pose as the control
 * plane. Throws {@link StartRefused} with a sentence for the person who starts the agent.
 */
export async function enrol(
  url: URL,
  joinToken: string,
  hostname: string,
  log: Logger,
): Promise<Identity> {
  const token = parseJoinToken(joinToken);
  if (token === null) {
    throw new StartRefused(
      "--token is not a join token: copy all of it (it begins with bp1.) from the server's page.",
    );
  }
  const { keyPem, csrPem } = await requestCertificate(hostname);
  const target = new URL("api/agent/enroll", url.href.endsWith("/") ? url : `${url.href}/`);
  const body = JSON.stringify({ token: token.text, csr: csrPem, hostname });
  const answer = await postWithRetries(target, body, log);
  return accept(answer, url, token, keyPem);
}

async function postWithRetries(target: URL, body: string, log: Logger): Promise<Answer> {
  const giveUpAt = Date.now() + retryForMs;
  for (let attempt = 0; ; attempt += 1) {
    let reason: string;
    let waitMs = Math.min(500 * 2 ** attempt, 5_000);
    try {
      const answer = await post(target, body);
      if (answer.status !== 429 && answer.status < 500) return answer;
      reason = `it answered ${answer.status}`;
      const retryAfter = Number(answer.headers["retry-after"]);
      if (retryAfter > 0) waitMs = retryAfter * 1000;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      reason = code ?? message;
    }
    if (Date.now() + waitMs >= giveUpAt) {
      throw new StartRefused(
        `The control plane at ${target.origin} cannot be reached (${reason}): check --url, and that it is running.`,
      );
    }
    log.warn("The control plane does not answer yet", { url: target.origin, reason });
    await sleep(waitMs);
  }
}

function post(target: URL, body: string): Promise<Answer> {
  const request = target.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const call = request(
      target,
      {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          accept: "application/json",
        },
        signal: AbortSignal.timeout(requestTimeoutMs),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxAnswerBytes) call.destroy(new Error("the answer is too long"));
          else chunks.push(chunk);
        });
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString("utf8"),
          }),
        );
      },
    );
    call.on("error", reject);
    call.end(body);
  });
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
