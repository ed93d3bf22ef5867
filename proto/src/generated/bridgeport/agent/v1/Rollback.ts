// Original file: bridgeport/agent/v1/agent.proto

import type { Credentials as _bridgeport_agent_v1_Credentials, Credentials__Output as _bridgeport_agent_v1_Credentials__Output } from '../../../bridgeport/agent/v1/Credentials.ts';
import type { DeployOrder as _bridgeport_agent_v1_DeployOrder, DeployOrder__Output as _bridgeport_agent_v1_DeployOrder__Output } from '../../../bridgeport/agent/v1/DeployOrder.ts';
import type { HealthGate as _bridgeport_agent_v1_HealthGate, HealthGate__Output as _bridgeport_agent_v1_HealthGate__Output } from '../../../bridgeport/agent/v1/HealthGate.ts';
import type { ImageSignatures as _bridgeport_agent_v1_ImageSignatures, ImageSignatures__Output as _bridgeport_agent_v1_ImageSignatures__Output } from '../../../bridgeport/agent/v1/ImageSignatures.ts';

export interface Rollback {
  'serviceId'?: (string);
  'containerName'?: (string);
  'runCommandId'?: (string);
  'reference'?: (string);
  'specJson'?: (string);
  'credentials'?: (_bridgeport_agent_v1_Credentials | null);
  'order'?: (_bridgeport_agent_v1_DeployOrder);
  'gate'?: (_bridgeport_agent_v1_HealthGate | null);
  'signatures'?: (_bridgeport_agent_v1_ImageSignatures | null);
}

export interface Rollback__Output {
  'serviceId': (string);
  'containerName': (string);
  'runCommandId': (string);
  'reference': (string);
  'specJson': (string);
  'credentials': (_bridgeport_agent_v1_Credentials__Output | null);
  'order': (_bridgeport_agent_v1_DeployOrder__Output);
  'gate': (_bridgeport_agent_v1_HealthGate__Output | null);
  'signatures': (_bridgeport_agent_v1_ImageSignatures__Output | null);
}
