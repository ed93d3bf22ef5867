import type { HealthGate } from "@bridgeport/proto";
import type { ServiceRow } from "./services.store.ts";

/** A service's settings for its health gate, as its agent takes them. */
export function gateOf(
  service: Pick<
    ServiceRow,
    "healthWaitMs" | "healthRetries" | "healthIntervalMs" | "healthCheckUrl" | "healthProbe"
  >,
): HealthGate {
  return {
    waitMs: service.healthWaitMs,
    retries: service.healthRetries,
    intervalMs: service.healthIntervalMs,
    url: service.healthCheckUrl,
    probe: service.healthProbe,
  };
}
