import { type Client, loadPackageDefinition, type ServiceDefinition } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import { decodeAgentMessage } from "./convert.ts";
import type { ProtoGrpcType } from "./generated/agent.ts";
import type {
  AgentLinkClient as AgentLinkClientMethods,
  AgentLinkDefinition,
} from "./generated/bridgeport/agent/v1/AgentLink.ts";
import type { EnrollRequest__Output } from "./generated/bridgeport/agent/v1/EnrollRequest.ts";
import descriptor from "./generated/descriptor.ts";

import type { AgentMessage } from "./messages.ts";
import { type Weighed, weighAgentMessage } from "./wire/weigh.ts";

export {
  decodeAgentMessage,
  decodeControlMessage,
  encodeAgentMessage,
  encodeControlMessage,
} from "./convert.ts";
export * from "./gate.ts";
export type { AgentLinkHandlers } from "./generated/bridgeport/agent/v1/AgentLink.ts";
export type {
  AgentMessage as WireAgentMessage,
  AgentMessage__Output as WireAgentMessageOutput,
} from "./generated/bridgeport/agent/v1/AgentMessage.ts";
export type {
  ControlMessage as WireControlMessage,
  ControlMessage__Output as WireControlMessageOutput,
} from "./generated/bridgeport/agent/v1/ControlMessage.ts";
export type { DownloadPart as WireDownloadPart } from "./generated/bridgeport/agent/v1/DownloadPart.ts";
export type { DownloadRequest__Output as DownloadRequest } from "./generated/bridgeport/agent/v1/DownloadRequest.ts";
export type { EnrollRequest__Output as EnrollRequest } from "./generated/bridgeport/agent/v1/EnrollRequest.ts";
export type {
  EnrollResponse as WireEnrollResponse,
  EnrollResponse__Output as EnrollResponse,
} from "./generated/bridgeport/agent/v1/EnrollResponse.ts";
export { limits, longestMs, textLimits } from "./limits.ts";
export * from "./messages.ts";
export * from "./names.ts";
export * from "./platforms.ts";
export * from "./wildcards.ts";
export { inventoryParts } from "./wire/inventory-parts.ts";
export { withinLimits } from "./wire/signatures.ts";

// The generated types are made for exactly these options.
const definition = fromJSON(descriptor as Parameters<typeof fromJSON>[0], {
  keepCase: false,
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});
const loaded = loadPackageDefinition(definition) as unknown as ProtoGrpcType;
const link = loaded.bridgeport.agent.v1.AgentLink;

/** For `server.addService(agentLinkService, handlers)`; handlers are `AgentLinkHandlers`. */
export const agentLinkService: AgentLinkDefinition & ServiceDefinition = link.service;

/**
 * The same for a receiver that counts before it decodes: handlers get each message's bytes, for
 * {@link readAgentMessage} and {@link readEnrollRequest}. A handler of Enroll gets its call as a stream
 * of one message, which is the same on the wire: it can refuse before the message has come.
 */
export const agentLinkBytes: ServiceDefinition = {
  Connect: { ...link.service.Connect, requestDeserialize: (bytes: Buffer) => bytes },
  Enroll: {
    ...link.service.Enroll,
    requestStream: true,
    requestDeserialize: (bytes: Buffer) => bytes,
  },
  Download: link.service.Download,
};

/** More than a join token, a certificate request and a host's name are together. */
const enrollRequestBytes = 32 * 1024;

/** null: it is too long, or cannot be read. Everyone who reaches the port may send it. */
export function readEnrollRequest(bytes: Buffer): EnrollRequest__Output | null {
  if (bytes.length > enrollRequestBytes) return null;
  try {
    return link.service.Enroll.requestDeserialize(bytes);
  } catch {
    return null;
  }
}

export type ReadAgentMessage =
  /** null: nothing that this version understands */
  { ok: true; message: AgentMessage | null } | Exclude<Weighed, { ok: true }>;

/** Counts an agent's message, and decodes it if it is one that is taken. */
export function readAgentMessage(bytes: Buffer): ReadAgentMessage {
  const weighed = weighAgentMessage(bytes);
  if (!weighed.ok) return weighed;
  try {
    return {
      ok: true,
      message: decodeAgentMessage(link.service.Connect.requestDeserialize(bytes)),
    };
  } catch {
    return { ok: false, reason: "a message cannot be read", resultOf: null };
  }
}

/** A client of one control plane: `new AgentLinkClient(address, credentials, options).connect()`. */
export const AgentLinkClient: new (
  ...args: ConstructorParameters<typeof Client>
) => AgentLinkClientMethods = link;
export type AgentLinkClient = AgentLinkClientMethods;
