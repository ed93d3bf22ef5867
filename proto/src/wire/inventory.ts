import type { Container, Container__Output } from "../generated/bridgeport/agent/v1/Container.ts";
import type {
  HostStatus__Output,
  HostStatus as WireHost,
} from "../generated/bridgeport/agent/v1/HostStatus.ts";
import type { PolicyReport__Output } from "../generated/bridgeport/agent/v1/PolicyReport.ts";
import type { Port__Output, Port as WirePort } from "../generated/bridgeport/agent/v1/Port.ts";
import { limits, textLimits } from "../limits.ts";
import type { ContainerReport, HostStatus, PolicyReport, Port } from "../messages.ts";
import { containerState, healthState } from "./enums.ts";
import { count, duration, numberOrNull, text, textMap, textOrNull, texts, time } from "./values.ts";

export function encodePort(port: Port): WirePort {
  return {
    containerPort: port.containerPort,
    hostPort: port.hostPort ?? 0,
    hostIp: port.hostIp ?? "",
    protocol: port.protocol,
  };
}

export function decodePort(port: Port__Output): Port {
  return {
    containerPort: count(port.containerPort, 65_535),
    hostPort: numberOrNull(count(port.hostPort, 65_535)),
    hostIp: textOrNull(text(port.hostIp, 100)),
    protocol: text(port.protocol, 20),
  };
}

export function encodeContainer(container: ContainerReport): Container {
  return {
    id: container.id,
    name: container.name,
    imageName: container.imageName,
    imageId: container.imageId,
    repoDigests: container.repoDigests.slice(0, limits.names),
    state: containerState.encode(container.state),
    health: healthState.encode(container.health),
    exitCode: container.exitCode,
    restartCount: container.restartCount,
    createdAtMs: container.createdAt,
    startedAtMs: container.startedAt ?? 0,
    finishedAtMs: container.finishedAt ?? 0,
    labels: textMap(container.labels),
    ports: container.ports.slice(0, limits.ports).map(encodePort),
    self: container.self,
    autoRemove: container.autoRemove,
    imagePlatform: container.imagePlatform ?? "",
    needs: container.needs.slice(0, limits.names),
    stopLimitMs: container.stopLimitMs,
    checkLimitMs: container.checkLimitMs,
    imageNames: (container.imageNames ?? []).slice(0, limits.names),
  };
}

export function decodeContainer(container: Container__Output): ContainerReport {
  return {
    id: text(container.id, textLimits.id),
    name: text(container.name),
    imageName: text(container.imageName),
    imageId: text(container.imageId, textLimits.id),
    repoDigests: texts(container.repoDigests, limits.names),
    state: containerState.decode(container.state) ?? "unknown",
    health: healthState.decode(container.health) ?? "unknown",
    exitCode: container.exitCode,
    restartCount: container.restartCount,
    createdAt: time(container.createdAtMs),
    startedAt: numberOrNull(time(container.startedAtMs)),
    finishedAt: numberOrNull(time(container.finishedAtMs)),
    labels: textMap(container.labels),
    ports: container.ports.slice(0, limits.ports).map(decodePort),
    self: container.self,
    autoRemove: container.autoRemove,
    imagePlatform: textOrNull(text(container.imagePlatform)),
    needs: texts(container.needs, limits.names),
    stopLimitMs: duration(container.stopLimitMs),
    checkLimitMs: duration(container.checkLimitMs),
    ...(container.imageNames.length > 0
      ? { imageNames: texts(container.imageNames, limits.names) }
      : {}),
  };
}

export function encodeHost(host: HostStatus): WireHost {
  return {
    engineAvailable: host.engineAvailable,
    engineError: host.engineError ?? "",
    dockerVersion: host.dockerVersion ?? "",
    apiVersion: host.apiVersion ?? "",
    os: host.os ?? "",
    architecture: host.architecture ?? "",
    variant: host.variant ?? "",
    cpus: host.cpus,
    memoryBytes: host.memoryBytes,
    diskFreeBytes: host.diskFreeBytes,
    hostname: host.hostname,
    ...(host.takesRegistryTokens === undefined
      ? {}
      : { takesRegistryTokens: host.takesRegistryTokens }),
    ...(host.policy === undefined
      ? {}
      : { policy: { hash: host.policy.hash ?? "", summary: host.policy.summary } }),
    storageDriver: host.storageDriver ?? "",
  };
}

export function decodeHost(host: HostStatus__Output): HostStatus {
  return {
    engineAvailable: host.engineAvailable,
    engineError: textOrNull(text(host.engineError, textLimits.sentence)),
    dockerVersion: textOrNull(text(host.dockerVersion, 100)),
    apiVersion: textOrNull(text(host.apiVersion, 100)),
    os: textOrNull(text(host.os, 100)),
    architecture: textOrNull(text(host.architecture, 100)),
    variant: textOrNull(text(host.variant, 100)),
    cpus: count(host.cpus, 1_000_000),
    memoryBytes: count(host.memoryBytes),
    diskFreeBytes: count(host.diskFreeBytes),
    hostname: text(host.hostname, 253),
    ...(host.takesRegistryTokens === undefined
      ? {}
      : { takesRegistryTokens: host.takesRegistryTokens }),
    ...(host.policy === null ? {} : { policy: decodePolicy(host.policy) }),
    ...(host.storageDriver === "" ? {} : { storageDriver: text(host.storageDriver, 100) }),
  };
}

function decodePolicy({ hash, summary }: PolicyReport__Output): PolicyReport {
  // What is no hash at all tells as little as none.
  return { hash: /^[0-9a-f]{64}$/.test(hash) ? hash : null, summary: text(summary) };
}
