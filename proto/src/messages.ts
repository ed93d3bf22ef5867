import type { Command, Credentials } from "./messages/commands.ts";
import type { ContainerReport, HostStatus } from "./messages/containers.ts";
import type { CommandResult, LogLine } from "./messages/results.ts";

export * from "./messages/commands.ts";
export * from "./messages/containers.ts";
export * from "./messages/results.ts";

/**
 * What control plane and agent say to each other, as the rest of the code uses it:
 * unions instead of wire enums, `null` instead of empty, epoch milliseconds.
 * `convert.ts` turns these into wire messages and back; generated types stop there.
 */

export const protocolVersion = 1;

export type AgentMessage =
  | {
      kind: "hello";
      protocolVersion: number;
      agentVersion: string;
      capabilities: string[];
      host: HostStatus;
      /** of this start of its process; null or absent: an agent of an earlier version does not tell */
      instanceId?: string | null;
      /** by the agent's clock, epoch milliseconds; null or absent: an agent of an earlier version does not tell */
      sentAt?: number | null;
    }
  | {
      kind: "inventory";
      sequence: number;
      chunk: number;
      last: boolean;
      containers: ContainerReport[];
    }
  | {
      kind: "change";
      sequence: number;
      change: { upsert: ContainerReport } | { removedId: string };
    }
  | { kind: "host"; host: HostStatus }
  | { kind: "accepted"; commandId: string }
  | { kind: "progress"; commandId: string; phase: string; message: string; at: number }
  | { kind: "result"; result: CommandResult }
  | { kind: "log"; followId: string; lines: LogLine[]; end: boolean; error: string | null }
  | { kind: "renew"; csrPem: string }
  /** the token that this command came with has run out */
  | { kind: "credentialsRequest"; commandId: string }
  /** how an upgrade has ended, told by the version that runs now; `error` null: it is the new one */
  | { kind: "upgradeStatus"; attempt: string; error: string | null }
  | { kind: "goodbye"; reason: string };

export type ControlMessage =
  | { kind: "welcome"; protocolVersion: number; serverId: string; capabilities: string[] }
  /** `sentAt`: by the clock that `deadlineAt` counts by */
  | { kind: "command"; command: Command; sentAt: number }
  | { kind: "resultAck"; commandId: string }
  | { kind: "inventoryRequest" }
  | {
      kind: "logStart";
      followId: string;
      containerName: string;
      tail: number;
      since: number | null;
      credit: number;
    }
  | { kind: "logCredit"; followId: string; lines: number }
  | { kind: "logStop"; followId: string }
  | { kind: "certificate"; certificatePem: string; caPem: string }
  /** what to trust in place of what was; the first one issues certificates */
  | { kind: "authorities"; caPems: string[] }
  /** `sentAt`: by the clock that the credentials' `expiresAt` counts by */
  | {
      kind: "credentials";
      commandId: string;
      credentials: Credentials | null;
      error: string | null;
      sentAt: number;
    }
  | ({ kind: "upgrade" } & AgentUpgrade)
  /** `elsewhere`: another replica holds fewer streams; connect again at once */
  | { kind: "goodbye"; reason: string; elsewhere?: boolean };

/** What an agent is to become. */
export interface AgentUpgrade {
  /** one for each time that it is ordered */
  attempt: string;
  version: string;
  /** a first line with the version, then `<SHA-256>  <platform>` of each program */
  checksums: string;
  /** of the checksums, by the certificate authority: ECDSA with SHA-256, IEEE P1363, base64 */
  signature: string;
}
