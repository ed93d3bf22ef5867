import type { Container, Container__Output } from "../generated/bridgeport/agent/v1/Container.ts";
import type {
  HostStatus__Output,
  HostStatus as WireHost,
} from "../generated/bridgeport/agent/v1/HostStatus.ts";
import type { Port__Output, Port as WirePort } from "../generated/bridgeport/agent/v1/Port.ts";
import type { ContainerReport, HostStatus, Port } from "../messages.ts";
import { containerState, healthState } from "./enums.ts";
import { numberOrNull, textOrNull } from "./values.ts";

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
    containerPort: port.containerPort,
    hostPort: numberOrNull(port.hostPort),
    hostIp: textOrNull(port.hostIp),
    protocol: port.protocol,
  };
}

export function encodeContainer(container: ContainerReport): Container {
  return {
    id: container.id,
    name: container.name,
    imageName: container.imageName,
    imageId: container.imageId,
    repoDigests: container.repoDigests,
    state: containerState.encode(container.state),
    health: healthState.encode(container.health),
    exitCode: container.exitCode,
    restartCount: container.restartCount,
    createdAtMs: container.createdAt,
    startedAtMs: container.startedAt ?? 0,
    finishedAtMs: container.finishedAt ?? 0,
    labels: container.labels,
    ports: container.ports.map(encodePort),
    self: container.self,
    autoRemove: container.autoRemove,
    imagePlatform: container.imagePlatform ?? "",
    needs: container.needs,
    stopLimitMs: container.stopLimitMs,
    checkLimitMs: container.checkLimitMs,
    imageNames: container.imageNames ?? [],
  };
}

export function decodeContainer(container: Container__Output): ContainerReport {
  return {
    id: container.id,
    name: container.name,
    imageName: container.imageName,
    imageId: container.imageId,
    repoDigests: container.repoDigests,
    state: containerState.decode(container.state) ?? "unknown",
    health: healthState.decode(container.health) ?? "unknown",
    exitCode: container.exitCode,
    restartCount: container.restartCount,
    createdAt: container.createdAtMs,
    startedAt: numberOrNull(container.startedAtMs),
    finishedAt: numberOrNull(container.finishedAtMs),
    labels: container.labels,
    ports: container.ports.map(decodePort),
    self: container.self,
    autoRemove: container.autoRemove,
    imagePlatform: textOrNull(container.imagePlatform),
    needs: container.needs,
    stopLimitMs: container.stopLimitMs,
    checkLimitMs: container.checkLimitMs,
    ...(container.imageNames.length > 0 ? { imageNames: container.imageNames } : {}),
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
  };
}

export function decodeHost(host: HostStatus__Output): HostStatus {
  return {
    engineAvailable: host.engineAvailable,
    engineError: textOrNull(host.engineError),
    dockerVersion: textOrNull(host.dockerVersion),
    apiVersion: textOrNull(host.apiVersion),
    os: textOrNull(host.os),
    architecture: textOrNull(host.architecture),
    variant: textOrNull(host.variant),
    cpus: host.cpus,
    memoryBytes: host.memoryBytes,
    diskFreeBytes: host.diskFreeBytes,
    hostname: host.hostname,
  };
}
