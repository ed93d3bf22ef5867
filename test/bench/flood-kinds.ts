import { containerReport } from "../../control-plane/src/gateway/agent.fixture.ts";
import { emptyContainers } from "../../control-plane/src/gateway/rogue.fixture.ts";
import { agentLinkService, encodeAgentMessage, limits, type Port } from "../../proto/src/index.ts";

type Message = Parameters<typeof encodeAgentMessage>[0];
const bytesOf = (message: Message): Buffer =>
  agentLinkService.Connect.requestSerialize(encodeAgentMessage(message));

const port: Port = { containerPort: 1, hostPort: null, hostIp: null, protocol: "" };
const names = Array.from({ length: limits.containersInMessage }, (_, at) => `flood-${at}`);
let sequence = 0;

/** What a rogue says again and again: bytes of one message of an agent. */
export const messages: Record<string, () => Buffer> = {
  "4 MB of empty containers": constant(() => emptyContainers(2_000_000)),
  "a container of 50,000 ports": constant(() =>
    bytesOf({
      kind: "change",
      sequence: 1,
      change: { upsert: containerReport({ ports: Array.from({ length: 50_000 }, () => port) }) },
    }),
  ),
  "1 MB of what is not a message": constant(() => Buffer.alloc(limits.messageBytes, 0xff)),
  "empty messages": constant(() => Buffer.from([0x9a, 0x06, 0x00])),
  "inventories that do not end": constant(() => emptyContainers(limits.containersInMessage)),
  "whole inventories of other containers": () => {
    sequence += 1;
    return bytesOf({
      kind: "inventory",
      sequence,
      chunk: 0,
      last: true,
      containers: names.map((name) => containerReport({ id: `${name}-${sequence}`, name })),
    });
  },
  "a container that changes": () => {
    sequence += 1;
    return bytesOf({
      kind: "change",
      sequence,
      change: { upsert: containerReport({ restartCount: sequence }) },
    });
  },
  "progress of invented commands": () => {
    sequence += 1;
    return bytesOf({
      kind: "progress",
      commandId: `invented-${sequence}`,
      phase: "pull",
      message: "x".repeat(10_000),
      at: 1,
    });
  },
};

/** What a rogue does besides: `streams` that are opened and left, handshakes without a certificate. */
export const others = ["streams opened and left", "handshakes without a certificate"] as const;

function constant(make: () => Buffer): () => Buffer {
  let bytes: Buffer | undefined;
  return () => {
    bytes ??= make();
    return bytes;
  };
}
