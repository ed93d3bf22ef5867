// Original file: bridgeport/agent/v1/agent.proto

import type { Hello as _bridgeport_agent_v1_Hello, Hello__Output as _bridgeport_agent_v1_Hello__Output } from '../../../bridgeport/agent/v1/Hello.ts';
import type { Inventory as _bridgeport_agent_v1_Inventory, Inventory__Output as _bridgeport_agent_v1_Inventory__Output } from '../../../bridgeport/agent/v1/Inventory.ts';
import type { ContainerChange as _bridgeport_agent_v1_ContainerChange, ContainerChange__Output as _bridgeport_agent_v1_ContainerChange__Output } from '../../../bridgeport/agent/v1/ContainerChange.ts';
import type { HostStatus as _bridgeport_agent_v1_HostStatus, HostStatus__Output as _bridgeport_agent_v1_HostStatus__Output } from '../../../bridgeport/agent/v1/HostStatus.ts';
import type { CommandAccepted as _bridgeport_agent_v1_CommandAccepted, CommandAccepted__Output as _bridgeport_agent_v1_CommandAccepted__Output } from '../../../bridgeport/agent/v1/CommandAccepted.ts';
import type { CommandProgress as _bridgeport_agent_v1_CommandProgress, CommandProgress__Output as _bridgeport_agent_v1_CommandProgress__Output } from '../../../bridgeport/agent/v1/CommandProgress.ts';
import type { CommandResult as _bridgeport_agent_v1_CommandResult, CommandResult__Output as _bridgeport_agent_v1_CommandResult__Output } from '../../../bridgeport/agent/v1/CommandResult.ts';
import type { LogChunk as _bridgeport_agent_v1_LogChunk, LogChunk__Output as _bridgeport_agent_v1_LogChunk__Output } from '../../../bridgeport/agent/v1/LogChunk.ts';
import type { RenewCertificate as _bridgeport_agent_v1_RenewCertificate, RenewCertificate__Output as _bridgeport_agent_v1_RenewCertificate__Output } from '../../../bridgeport/agent/v1/RenewCertificate.ts';
import type { Goodbye as _bridgeport_agent_v1_Goodbye, Goodbye__Output as _bridgeport_agent_v1_Goodbye__Output } from '../../../bridgeport/agent/v1/Goodbye.ts';
import type { CredentialsRequest as _bridgeport_agent_v1_CredentialsRequest, CredentialsRequest__Output as _bridgeport_agent_v1_CredentialsRequest__Output } from '../../../bridgeport/agent/v1/CredentialsRequest.ts';
import type { UpgradeStatus as _bridgeport_agent_v1_UpgradeStatus, UpgradeStatus__Output as _bridgeport_agent_v1_UpgradeStatus__Output } from '../../../bridgeport/agent/v1/UpgradeStatus.ts';

export interface AgentMessage {
  'hello'?: (_bridgeport_agent_v1_Hello | null);
  'inventory'?: (_bridgeport_agent_v1_Inventory | null);
  'change'?: (_bridgeport_agent_v1_ContainerChange | null);
  'host'?: (_bridgeport_agent_v1_HostStatus | null);
  'accepted'?: (_bridgeport_agent_v1_CommandAccepted | null);
  'progress'?: (_bridgeport_agent_v1_CommandProgress | null);
  'result'?: (_bridgeport_agent_v1_CommandResult | null);
  'log'?: (_bridgeport_agent_v1_LogChunk | null);
  'renew'?: (_bridgeport_agent_v1_RenewCertificate | null);
  'goodbye'?: (_bridgeport_agent_v1_Goodbye | null);
  'credentialsRequest'?: (_bridgeport_agent_v1_CredentialsRequest | null);
  'upgradeStatus'?: (_bridgeport_agent_v1_UpgradeStatus | null);
  'body'?: "hello"|"inventory"|"change"|"host"|"accepted"|"progress"|"result"|"log"|"renew"|"goodbye"|"credentialsRequest"|"upgradeStatus";
}

export interface AgentMessage__Output {
  'hello'?: (_bridgeport_agent_v1_Hello__Output | null);
  'inventory'?: (_bridgeport_agent_v1_Inventory__Output | null);
  'change'?: (_bridgeport_agent_v1_ContainerChange__Output | null);
  'host'?: (_bridgeport_agent_v1_HostStatus__Output | null);
  'accepted'?: (_bridgeport_agent_v1_CommandAccepted__Output | null);
  'progress'?: (_bridgeport_agent_v1_CommandProgress__Output | null);
  'result'?: (_bridgeport_agent_v1_CommandResult__Output | null);
  'log'?: (_bridgeport_agent_v1_LogChunk__Output | null);
  'renew'?: (_bridgeport_agent_v1_RenewCertificate__Output | null);
  'goodbye'?: (_bridgeport_agent_v1_Goodbye__Output | null);
  'credentialsRequest'?: (_bridgeport_agent_v1_CredentialsRequest__Output | null);
  'upgradeStatus'?: (_bridgeport_agent_v1_UpgradeStatus__Output | null);
  'body'?: "hello"|"inventory"|"change"|"host"|"accepted"|"progress"|"result"|"log"|"renew"|"goodbye"|"credentialsRequest"|"upgradeStatus";
}
