// Original file: bridgeport/agent/v1/agent.proto

import type { DeployOrder as _bridgeport_agent_v1_DeployOrder, DeployOrder__Output as _bridgeport_agent_v1_DeployOrder__Output } from '../../../bridgeport/agent/v1/DeployOrder.ts';
import type { HealthGate as _bridgeport_agent_v1_HealthGate, HealthGate__Output as _bridgeport_agent_v1_HealthGate__Output } from '../../../bridgeport/agent/v1/HealthGate.ts';
import type { ImageSignatures as _bridgeport_agent_v1_ImageSignatures, ImageSignatures__Output as _bridgeport_agent_v1_ImageSignatures__Output } from '../../../bridgeport/agent/v1/ImageSignatures.ts';

export interface Run {
  'serviceId'?: (string);
  'containerName'?: (string);
  'reference'?: (string);
  'order'?: (_bridgeport_agent_v1_DeployOrder);
  'specJson'?: (string);
  'gate'?: (_bridgeport_agent_v1_HealthGate | null);
  'allowAutoRemove'?: (boolean);
  'dryRun'?: (boolean);
  'expectedImageIds'?: (string)[];
  'imageConfigJson'?: (string);
  'signatures'?: (_bridgeport_agent_v1_ImageSignatures | null);
}

export interface Run__Output {
  'serviceId': (string);
  'containerName': (string);
  'reference': (string);
  'order': (_bridgeport_agent_v1_DeployOrder__Output);
  'specJson': (string);
  'gate': (_bridgeport_agent_v1_HealthGate__Output | null);
  'allowAutoRemove': (boolean);
  'dryRun': (boolean);
  'expectedImageIds': (string)[];
  'imageConfigJson': (string);
  'signatures': (_bridgeport_agent_v1_ImageSignatures__Output | null);
}
