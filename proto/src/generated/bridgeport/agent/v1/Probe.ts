// Original file: bridgeport/agent/v1/agent.proto

import type { HealthGate as _bridgeport_agent_v1_HealthGate, HealthGate__Output as _bridgeport_agent_v1_HealthGate__Output } from '../../../bridgeport/agent/v1/HealthGate.ts';

export interface Probe {
  'serviceId'?: (string);
  'containerName'?: (string);
  'gate'?: (_bridgeport_agent_v1_HealthGate | null);
  'once'?: (boolean);
}

export interface Probe__Output {
  'serviceId': (string);
  'containerName': (string);
  'gate': (_bridgeport_agent_v1_HealthGate__Output | null);
  'once': (boolean);
}
