/**
 * Between the wire and `messages.ts`. Generated types stop here. Decoding gives null
 * for a kind of message that this version does not know, which the caller ignores.
 */
import type {
  AgentMessage__Output,
  AgentMessage as WireAgentMessage,
} from "./generated/bridgeport/agent/v1/AgentMessage.ts";
import type {
  ControlMessage__Output,
  ControlMessage as WireControlMessage,
} from "./generated/bridgeport/agent/v1/ControlMessage.ts";
import { limits, textLimits } from "./limits.ts";
import type { AgentMessage, ControlMessage } from "./messages.ts";
import {
  decodeCommand,
  decodeCredentials,
  encodeCommand,
  encodeCredentials,
} from "./wire/commands.ts";
import { decodeContainer, decodeHost, encodeContainer, encodeHost } from "./wire/inventory.ts";
import { decodeLine, decodeResult, encodeLine, encodeResult } from "./wire/results.ts";
import { count, numberOrNull, text, textOrNull, texts, time } from "./wire/values.ts";

/** What the agent's stream takes. */
export function encodeAgentMessage(message: AgentMessage): WireAgentMessage {
  switch (message.kind) {
    case "hello":
      return {
        hello: {
          protocolVersion: message.protocolVersion,
          agentVersion: message.agentVersion,
          capabilities: message.capabilities,
          host: encodeHost(message.host),
          instanceId: message.instanceId ?? "",
          sentMs: message.sentAt ?? 0,
        },
      };
    case "inventory":
      return {
        inventory: {
          sequence: message.sequence,
          chunk: message.chunk,
          last: message.last,
          containers: message.containers.map(encodeContainer),
        },
      };
    case "change":
      return {
        change: {
          sequence: message.sequence,
          ...("upsert" in message.change
            ? { upsert: encodeContainer(message.change.upsert) }
            : { removedId: message.change.removedId }),
        },
      };
    case "host":
      return { host: encodeHost(message.host) };
    case "accepted":
      return { accepted: { commandId: message.commandId } };
    case "progress":
      return {
        progress: {
          commandId: message.commandId,
          phase: message.phase,
          message: message.message,
          atMs: message.at,
        },
      };
    case "result":
      return { result: encodeResult(message.result) };
    case "log":
      return {
        log: {
          followId: message.followId,
          lines: message.lines.map(encodeLine),
          end: message.end,
          error: message.error ?? "",
        },
      };
    case "renew":
      return { renew: { csrPem: message.csrPem } };
    case "credentialsRequest":
      return { credentialsRequest: { commandId: message.commandId } };
    case "upgradeStatus":
      return {
        upgradeStatus: {
          attempt: message.attempt,
          succeeded: message.error === null,
          error: message.error ?? "",
        },
      };
    case "goodbye":
      return { goodbye: { reason: message.reason } };
  }
}

/** What an agent said; null: nothing that this version understands. */
export function decodeAgentMessage(wire: AgentMessage__Output): AgentMessage | null {
  if (wire.hello) {
    const { host } = wire.hello;
    if (host === null) return null;
    return {
      kind: "hello",
      protocolVersion: wire.hello.protocolVersion,
      agentVersion: text(wire.hello.agentVersion, 100),
      capabilities: texts(wire.hello.capabilities, 100, 100),
      host: decodeHost(host),
      instanceId: textOrNull(text(wire.hello.instanceId, 100)),
      sentAt: time(wire.hello.sentMs) || null,
    };
  }
  if (wire.inventory) {
    return {
      kind: "inventory",
      sequence: count(wire.inventory.sequence),
      chunk: wire.inventory.chunk,
      last: wire.inventory.last,
      containers: wire.inventory.containers.map(decodeContainer),
    };
  }
  if (wire.change) {
    const { upsert, removedId } = wire.change;
    const sequence = count(wire.change.sequence);
    if (upsert) return { kind: "change", sequence, change: { upsert: decodeContainer(upsert) } };
    if (removedId === undefined) return null;
    return { kind: "change", sequence, change: { removedId: text(removedId, textLimits.id) } };
  }
  if (wire.host) return { kind: "host", host: decodeHost(wire.host) };
  if (wire.accepted) {
    return { kind: "accepted", commandId: text(wire.accepted.commandId, textLimits.id) };
  }
  if (wire.progress) {
    return {
      kind: "progress",
      commandId: text(wire.progress.commandId, textLimits.id),
      phase: text(wire.progress.phase, 100),
      message: text(wire.progress.message, textLimits.sentence),
      at: time(wire.progress.atMs),
    };
  }
  if (wire.result) {
    const result = decodeResult(wire.result);
    return result === null ? null : { kind: "result", result };
  }
  if (wire.log) {
    return {
      kind: "log",
      followId: text(wire.log.followId, textLimits.id),
      lines: wire.log.lines.slice(0, limits.logLines).map(decodeLine),
      end: wire.log.end,
      error: textOrNull(text(wire.log.error, textLimits.sentence)),
    };
  }
  // A longer request is no request.
  if (wire.renew) return { kind: "renew", csrPem: text(wire.renew.csrPem, 16_384) };
  if (wire.credentialsRequest) {
    const { commandId } = wire.credentialsRequest;
    return { kind: "credentialsRequest", commandId: text(commandId, textLimits.id) };
  }
  if (wire.upgradeStatus) {
    const { attempt, succeeded, error } = wire.upgradeStatus;
    return {
      kind: "upgradeStatus",
      attempt: text(attempt, textLimits.id),
      error: succeeded ? null : text(error, textLimits.sentence) || "The agent does not say why.",
    };
  }
  if (wire.goodbye) return { kind: "goodbye", reason: text(wire.goodbye.reason) };
  return null;
}

/** What the control plane's stream takes. */
export function encodeControlMessage(message: ControlMessage): WireControlMessage {
  switch (message.kind) {
    case "welcome":
      return {
        welcome: {
          protocolVersion: message.protocolVersion,
          serverId: message.serverId,
          capabilities: message.capabilities,
        },
      };
    case "command":
      return { command: encodeCommand(message.command, message.sentAt) };
    case "resultAck":
      return { resultAck: { commandId: message.commandId } };
    case "inventoryRequest":
      return { inventoryRequest: {} };
    case "logStart":
      return {
        logStart: {
          followId: message.followId,
          containerName: message.containerName,
          tail: message.tail,
          sinceMs: message.since ?? 0,
          credit: message.credit,
        },
      };
    case "logCredit":
      return { logCredit: { followId: message.followId, lines: message.lines } };
    case "logStop":
      return { logStop: { followId: message.followId } };
    case "certificate":
      return {
        certificate: { certificatePem: message.certificatePem, caPem: message.caPem },
      };
    case "authorities":
      return { authorities: { caPem: message.caPems } };
    case "credentials":
      return {
        credentials: {
          commandId: message.commandId,
          credentials: encodeCredentials(message.credentials),
          error: message.error ?? "",
          sentMs: message.sentAt,
        },
      };
    case "upgrade":
      return {
        upgrade: {
          attempt: message.attempt,
          version: message.version,
          checksums: message.checksums,
          signature: message.signature,
        },
      };
    case "goodbye":
      return { goodbye: { reason: message.reason, elsewhere: message.elsewhere ?? false } };
  }
}

/** What the control plane said; null: nothing that this version understands. */
export function decodeControlMessage(wire: ControlMessage__Output): ControlMessage | null {
  if (wire.welcome) {
    return {
      kind: "welcome",
      protocolVersion: wire.welcome.protocolVersion,
      serverId: wire.welcome.serverId,
      capabilities: wire.welcome.capabilities,
    };
  }
  if (wire.command) {
    const command = decodeCommand(wire.command);
    return command === null ? null : { kind: "command", command, sentAt: wire.command.sentMs };
  }
  if (wire.resultAck) return { kind: "resultAck", commandId: wire.resultAck.commandId };
  if (wire.inventoryRequest) return { kind: "inventoryRequest" };
  if (wire.logStart) {
    return {
      kind: "logStart",
      followId: wire.logStart.followId,
      containerName: wire.logStart.containerName,
      tail: wire.logStart.tail,
      since: numberOrNull(wire.logStart.sinceMs),
      credit: wire.logStart.credit,
    };
  }
  if (wire.logCredit) {
    return { kind: "logCredit", followId: wire.logCredit.followId, lines: wire.logCredit.lines };
  }
  if (wire.logStop) return { kind: "logStop", followId: wire.logStop.followId };
  if (wire.certificate) {
    return {
      kind: "certificate",
      certificatePem: wire.certificate.certificatePem,
      caPem: wire.certificate.caPem,
    };
  }
  if (wire.authorities) return { kind: "authorities", caPems: wire.authorities.caPem };
  if (wire.credentials) {
    return {
      kind: "credentials",
      commandId: wire.credentials.commandId,
      credentials: decodeCredentials(wire.credentials.credentials),
      error: textOrNull(wire.credentials.error),
      sentAt: wire.credentials.sentMs,
    };
  }
  if (wire.upgrade) {
    const { attempt, version, checksums, signature } = wire.upgrade;
    return { kind: "upgrade", attempt, version, checksums, signature };
  }
  if (wire.goodbye) {
    const { reason, elsewhere } = wire.goodbye;
    return { kind: "goodbye", reason, elsewhere };
  }
  return null;
}
