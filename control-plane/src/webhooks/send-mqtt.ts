import { randomUUID } from "node:crypto";
import { connect, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { IClientOptions, MqttClient } from "mqtt";
import { connectionError } from "../outgoing.ts";
import type { Allows } from "../reach.ts";
import { addressOf, type Outcome } from "./attempt.ts";
import type { Payload } from "./events.ts";
import type { Target } from "./message.ts";
import { type MqttTarget, mqttTarget } from "./target.ts";

/** Publishes an event to a broker, over a connection of its own; with QoS 1 it has to be acknowledged. */
export async function sendMqtt(
  target: Target,
  payload: Payload,
  options: { timeoutMs: number; allows: Allows; authorities: string | null },
): Promise<Outcome> {
  const broker = mqttTarget(target.url);
  if (typeof broker === "string") throw new Error(`a stored MQTT target ${broker}`);
  const failed = (error: string): Outcome => ({ ok: false, status: null, body: null, error });
  const address = await addressOf(broker.host, options.allows);
  if (typeof address === "object") return failed(address.problem);
  // Loaded when the first one is sent: most installations send none.
  const { MqttClient: Client } = await import("mqtt");
  const client = new Client(() => open(broker, address, options.authorities), {
    protocolVersion: 4,
    clientId: `bridgeport-${randomUUID().slice(0, 12)}`,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: options.timeoutMs,
    ...(broker.user === null
      ? {}
      : { username: broker.user, ...(target.secret === null ? {} : { password: target.secret }) }),
  } satisfies IClientOptions);
  try {
    await publish(client, broker, JSON.stringify(payload), options.timeoutMs);
    return { ok: true, status: null, body: null, error: null };
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    return failed(
      typeof code === "number"
        ? `The broker refused it: ${message}.`
        : connectionError(error, options.timeoutMs),
    );
  } finally {
    client.end(true);
  }
}

/** What was checked is connected to; the certificate is the name's. */
function open({ host, port, secure }: MqttTarget, address: string, authorities: string | null) {
  if (!secure) return connect({ host: address, port });
  return connectTls({
    host: address,
    port,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(authorities === null ? {} : { ca: authorities }),
  });
}

function publish(
  client: MqttClient,
  { topic, qos, retain }: MqttTarget,
  message: string,
  timeoutMs: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = AbortSignal.timeout(timeoutMs);
    late.addEventListener("abort", () => reject(late.reason), { once: true });
    client.on("error", reject);
    client.on("close", () => reject(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
    client.on("connect", () => {
      client.publish(topic, message, { qos, retain }, (error) => {
        if (!error) resolve();
        else reject(error);
      });
    });
  });
}
