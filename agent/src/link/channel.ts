import { AgentLinkClient } from "@bridgeport/proto";
import { type ClientOptions, credentials } from "@grpc/grpc-js";
import type { Identity } from "./identity.ts";

/** The DNS name in the control plane's certificate, independent of its address. */
const controlPlaneName = "bridgeport-control-plane";

/**
 * A client of its own forevery session: a connection whose peer accepts TCP and never speaks
 * stays in CONNECTING forever and would be shared by later clients (grpc/grpc-node#2785).
 */
export function openChannel(identity: Identity, address: string): AgentLinkClient {
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
    // A proxy of the environment is not used for addresses of this host itself.
    "grpc.enable_http_proxy": isLoopback(address) ? 0 : 1,
  };
  const secure = credentials.createSsl(
    Buffer.from(identity.caPem),
    Buffer.from(identity.keyPem),
    Buffer.from(identity.certificatePem),
  );
  return new AgentLinkClient(address, secure, options);
}

function isLoopback(address: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\]):\d+$/.test(address);
}
