import { AgentLinkClient } from "@bridgeport/proto";
import { type Environment, routesOf } from "@bridgeport/proto/proxies";
import { type ClientOptions, credentials } from "@grpc/grpc-js";
import type { Identity } from "./identity.ts";

/** The DNS name in the control plane's certificate, independent of its address. */
const controlPlaneName = "bridgeport-control-plane";

/**
 * A client of its own for every session, which shows a certificate if there is one: a connection whose peer accepts TCP and never speaks
 * stays in CONNECTING forever and would be shared by later clients (grpc/grpc-node#2785).
 */
export function openChannel(
  identity: Pick<Identity, "caPem"> & Partial<Pick<Identity, "keyPem" | "certificatePem">>,
  address: string,
  environment: Environment = process.env,
): AgentLinkClient {
  const way = wayTo(address, environment);
  const options: ClientOptions = {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.ssl_target_name_override": controlPlaneName,
    "grpc.default_authority": controlPlaneName,
    // A peer that disappears without closing the connection is noticed within ten seconds.
    "grpc.keepalive_time_ms": 5_000,
    "grpc.keepalive_timeout_ms": 5_000,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.max_receive_message_length": 16 * 1024 * 1024,
    "grpc.enable_retries": 0,
    "grpc.enable_channelz": 0,
    ...way.options,
  };
  const secure = credentials.createSsl(
    Buffer.from(identity.caPem),
    bytesOf(identity.keyPem),
    bytesOf(identity.certificatePem),
  );
  return new AgentLinkClient(way.address, secure, options);
}

function bytesOf(text: string | undefined): Buffer | null {
  return text === undefined ? null : Buffer.from(text);
}

/**
 * Where the stream's connection goes: to the control plane or to the proxy that the environment
 * names. The choice is that of enrolment; the library itself looks at fewer variables. It speaks to
 * proxies without TLS only, and goes without the others and those that cannot be read.
 */
function wayTo(
  address: string,
  environment: Environment,
): { address: string; options: ClientOptions } {
  const options = { "grpc.enable_http_proxy": 0 };
  const target = `https://${address}`;
  const route = URL.canParse(target) ? routesOf(environment)(new URL(target)) : null;
  if (route?.kind !== "proxy" || route.proxy.protocol !== "http:") return { address, options };
  const { hostname, port, username, password } = route.proxy;
  return {
    address: `dns:${hostname}:${port || "80"}`,
    options: {
      ...options,
      "grpc.http_connect_target": `dns:${address}`,
      ...(username === "" && password === ""
        ? {}
        : { "grpc.http_connect_creds": decodeURIComponent(`${username}:${password}`) }),
    },
  };
}
