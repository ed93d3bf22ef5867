import { isIP } from "node:net";
import { type Environment, ProxyError, proxyRefusal } from "@bridgeport/proto/proxies";
import { connectionError, firstCharacters } from "../outgoing.ts";
import { Pools, through } from "../pools.ts";
import { type Allows, checkLiteral, guardedLookup, upTo } from "../reach.ts";
import type { Payload } from "./events.ts";
import { httpMessage, mailMessage, type Target } from "./message.ts";
import { mailTarget } from "./target.ts";

/** What became of one attempt. */
export interface Attempt {
  ok: boolean;
  /** of an HTTP answer */
  status: number | null;
  /** the first 1000 characters of the answer */
  body: string | null;
  /** a sentence; null: it was taken */
  error: string | null;
  durationMs: number;
}

/** Sends notifications; one of these serves the whole process. */
export interface Sender {
  send(target: Target, payload: Payload, deliveryId: string): Promise<Attempt>;
  close(): Promise<void>;
}

const keptCharacters = 1000;

export interface SenderOptions {
  /** for one attempt, from the first byte to the last */
  timeoutMs?: number;
  /**
   * which names the proxies; mail goes without one. A proxy looks up the target's name by itself, so
   * what it may reach is for its rules to say.
   */
  environment?: Environment;
  /** certificates in the place of the machine's own authorities; null: those */
  authorities?: string | null;
  /** which addresses may be asked; default: all but those of clouds and networks themselves */
  allows?: Allows;
}

const keptOrigins = 100;
const connectionsPerOrigin = 16;

export function openSender({
  timeoutMs = 10_000,
  environment = process.env,
  authorities = null,
  allows = upTo("loopback"),
}: SenderOptions = {}): Sender {
  const pools = new Pools(
    {
      connections: connectionsPerOrigin,
      connectTimeoutMs: timeoutMs,
      answerTimeoutMs: timeoutMs,
      // A POST on a connection that its target is just closing would have to be sent again.
      keepAliveMs: 5000,
      environment,
      authorities,
    },
    keptOrigins,
  );
  return {
    async send(target, payload, deliveryId) {
      const begun = performance.now();
      const result =
        target.kind === "email"
          ? await sendMail(target, payload, timeoutMs, allows)
          : await sendHttp(pools, target, payload, deliveryId, timeoutMs, allows);
      return { ...result, durationMs: Math.round(performance.now() - begun) };
    },
    close: () => pools.close(),
  };
}

type Outcome = Omit<Attempt, "durationMs">;

async function sendHttp(
  pools: Pools,
  target: Target,
  payload: Payload,
  deliveryId: string,
  timeoutMs: number,
  allows: Allows,
): Promise<Outcome> {
  const { url: text, headers, body } = httpMessage(target, payload, deliveryId);
  const url = new URL(text);
  try {
    const way = pools.to(url, allows);
    if (typeof way === "string") throw new ProxyError(way, { again: false });
    const sent = through(way, url);
    // Redirects are not followed: a signed message goes where it was meant to and nowhere else.
    const answer = await way.pool.request({
      method: "POST",
      path: sent.path,
      headers: { ...headers, ...sent.headers },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const status = answer.statusCode;
    if (status === 407 && way.forwarder !== null) {
      await answer.body.dump();
      throw proxyRefusal(way.forwarder.proxy, url.host, 407);
    }
    const text = await firstCharacters(answer.body, keptCharacters);
    const ok = status >= 200 && status < 300;
    const redirect = status >= 300 && status < 400;
    return {
      ok,
      status,
      body: text,
      error: ok
        ? null
        : redirect
          ? `It answered ${status}, a redirect, which is not followed: enter the address that it leads to.`
          : `It answered ${status}.`,
    };
  } catch (error) {
    return { ok: false, status: null, body: null, error: connectionError(error, timeoutMs) };
  }
}

async function sendMail(
  target: Target,
  payload: Payload,
  timeoutMs: number,
  allows: Allows,
): Promise<Outcome> {
  const mail = mailTarget(target.url);
  if (typeof mail === "string") throw new Error(`a stored e-mail target ${mail}`);
  const address = await addressOf(mail.host, allows);
  if (typeof address === "object") {
    return { ok: false, status: null, body: null, error: address.problem };
  }
  // Loaded when the first mail is sent: most installations send none.
  const { createTransport } = await import("nodemailer");
  const transport = createTransport({
    host: address,
    // What was checked is connected to; the certificate is the name's.
    ...(address === mail.host ? {} : { tls: { servername: mail.host } }),
    port: mail.port,
    secure: mail.secure,
    // A password goes over an encrypted connection or not at all.
    ...(mail.user === null
      ? {}
      : { auth: { user: mail.user, pass: target.secret ?? "" }, requireTLS: true }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    const sent = await transport.sendMail({
      from: mail.from,
      to: mail.to,
      ...mailMessage(payload),
    });
    return { ok: true, status: null, body: sent.response.slice(0, keptCharacters), error: null };
  } catch (error) {
    const { response, message } = error as { response?: string; message: string };
    return {
      ok: false,
      status: null,
      body: response?.slice(0, keptCharacters) ?? null,
      error: `The mail server did not take it: ${message}`,
    };
  } finally {
    transport.close();
  }
}

/** Where a mail server is, if it may be asked. */
async function addressOf(host: string, allows: Allows): Promise<string | { problem: string }> {
  try {
    checkLiteral(new URL(`smtp://${host.includes(":") ? `[${host}]` : host}`), allows);
    if (isIP(host) !== 0) return host;
    return await new Promise((resolve, reject) => {
      guardedLookup(allows)(host, { all: false }, (error, address) => {
        if (error === null) resolve(address as string);
        else reject(error);
      });
    });
  } catch (error) {
    return { problem: connectionError(error, 0) };
  }
}
