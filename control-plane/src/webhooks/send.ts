import { type Environment, ProxyError, proxyRefusal } from "@bridgeport/proto/proxies";
import { connectionError, firstCharacters } from "../outgoing.ts";
import { Pools, through } from "../pools.ts";
import { type Allows, upTo } from "../reach.ts";
import { type Attempt, keptCharacters, type Outcome } from "./attempt.ts";
import type { Payload } from "./events.ts";
import { httpMessage, type Target } from "./message.ts";
import { sendMail } from "./send-mail.ts";
import { sendMqtt } from "./send-mqtt.ts";

/** Sends notifications; one of these serves the whole process. */
export interface Sender {
  send(target: Target, payload: Payload, deliveryId: string): Promise<Attempt>;
  close(): Promise<void>;
}

export interface SenderOptions {
  /** for one attempt, from the first byte to the last */
  timeoutMs?: number;
  /**
   * which names the proxies; mail and MQTT go without one. A proxy looks up the target's name by itself, so
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
          : target.kind === "mqtt"
            ? await sendMqtt(target, payload, { timeoutMs, allows, authorities })
            : await sendHttp(pools, target, payload, deliveryId, timeoutMs, allows);
      return { ...result, durationMs: Math.round(performance.now() - begun) };
    },
    close: () => pools.close(),
  };
}

async function sendHttp(
  pools: Pools,
  target: Target,
  payload: Payload,
  deliveryId: string,
  timeoutMs: number,
  allows: Allows,
): Promise<Outcome> {
  const { method, url: text, headers, body } = httpMessage(target, payload, deliveryId);
  const url = new URL(text);
  try {
    const way = pools.to(url, allows);
    if (typeof way === "string") throw new ProxyError(way, { again: false });
    const sent = through(way, url);
    // Redirects are not followed: a signed message goes where it was meant to and nowhere else.
    const answer = await way.pool.request({
      method,
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
