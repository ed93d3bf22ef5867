// Original file: bridgeport/agent/v1/agent.proto

import type { Observation as _bridgeport_agent_v1_Observation, Observation__Output as _bridgeport_agent_v1_Observation__Output } from '../../../bridgeport/agent/v1/Observation.ts';

export interface Failure {
  'code'?: (string);
  'message'?: (string);
  'logLines'?: (string)[];
  'exitCode'?: (number);
  'hasExitCode'?: (boolean);
  'before'?: (_bridgeport_agent_v1_Observation | null);
  'after'?: (_bridgeport_agent_v1_Observation | null);
}

export interface Failure__Output {
  'code': (string);
  'message': (string);
  'logLines': (string)[];
  'exitCode': (number);
  'hasExitCode': (boolean);
  'before': (_bridgeport_agent_v1_Observation__Output | null);
  'after': (_bridgeport_agent_v1_Observation__Output | null);
}
