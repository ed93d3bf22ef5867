// Original file: bridgeport/agent/v1/agent.proto

import type { ConfigChange as _bridgeport_agent_v1_ConfigChange, ConfigChange__Output as _bridgeport_agent_v1_ConfigChange__Output } from '../../../bridgeport/agent/v1/ConfigChange.ts';
import type { Observation as _bridgeport_agent_v1_Observation, Observation__Output as _bridgeport_agent_v1_Observation__Output } from '../../../bridgeport/agent/v1/Observation.ts';
import type { Long } from '@grpc/proto-loader';

export interface RunResult {
  'containerId'?: (string);
  'imageId'?: (string);
  'previousContainerId'?: (string);
  'previousImageId'?: (string);
  'downtimeMs'?: (number | string | Long);
  'specJson'?: (string);
  'changes'?: (_bridgeport_agent_v1_ConfigChange)[];
  'running'?: (boolean);
  'recreatedDependents'?: (string)[];
  'gateTimeoutMs'?: (number | string | Long);
  'before'?: (_bridgeport_agent_v1_Observation | null);
  'after'?: (_bridgeport_agent_v1_Observation | null);
}

export interface RunResult__Output {
  'containerId': (string);
  'imageId': (string);
  'previousContainerId': (string);
  'previousImageId': (string);
  'downtimeMs': (number);
  'specJson': (string);
  'changes': (_bridgeport_agent_v1_ConfigChange__Output)[];
  'running': (boolean);
  'recreatedDependents': (string)[];
  'gateTimeoutMs': (number);
  'before': (_bridgeport_agent_v1_Observation__Output | null);
  'after': (_bridgeport_agent_v1_Observation__Output | null);
}
