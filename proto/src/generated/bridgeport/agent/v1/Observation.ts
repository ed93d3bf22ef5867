// Original file: bridgeport/agent/v1/agent.proto

import type { HealthState as _bridgeport_agent_v1_HealthState, HealthState__Output as _bridgeport_agent_v1_HealthState__Output } from '../../../bridgeport/agent/v1/HealthState.ts';

export interface Observation {
  'containerId'?: (string);
  'imageId'?: (string);
  'running'?: (boolean);
  'health'?: (_bridgeport_agent_v1_HealthState);
  'name'?: (string);
  'exitCode'?: (number);
  '_exitCode'?: "exitCode";
}

export interface Observation__Output {
  'containerId': (string);
  'imageId': (string);
  'running': (boolean);
  'health': (_bridgeport_agent_v1_HealthState__Output);
  'name': (string);
  'exitCode'?: (number);
  '_exitCode'?: "exitCode";
}
