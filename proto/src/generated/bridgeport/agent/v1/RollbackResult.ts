// Original file: bridgeport/agent/v1/agent.proto

import type { Observation as _bridgeport_agent_v1_Observation, Observation__Output as _bridgeport_agent_v1_Observation__Output } from '../../../bridgeport/agent/v1/Observation.ts';
import type { Long } from '@grpc/proto-loader';

export interface RollbackResult {
  'containerId'?: (string);
  'imageId'?: (string);
  'outcome'?: (string);
  'downtimeMs'?: (number | string | Long);
  'before'?: (_bridgeport_agent_v1_Observation | null);
  'after'?: (_bridgeport_agent_v1_Observation | null);
}

export interface RollbackResult__Output {
  'containerId': (string);
  'imageId': (string);
  'outcome': (string);
  'downtimeMs': (number);
  'before': (_bridgeport_agent_v1_Observation__Output | null);
  'after': (_bridgeport_agent_v1_Observation__Output | null);
}
