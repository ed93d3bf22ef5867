// Original file: bridgeport/agent/v1/agent.proto

import type { DeployOrder as _bridgeport_agent_v1_DeployOrder, DeployOrder__Output as _bridgeport_agent_v1_DeployOrder__Output } from '../../../bridgeport/agent/v1/DeployOrder.ts';
import type { HealthGate as _bridgeport_agent_v1_HealthGate, HealthGate__Output as _bridgeport_agent_v1_HealthGate__Output } from '../../../bridgeport/agent/v1/HealthGate.ts';

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
}
