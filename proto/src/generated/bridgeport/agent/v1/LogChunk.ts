// Original file: bridgeport/agent/v1/agent.proto

import type { LogLine as _bridgeport_agent_v1_LogLine, LogLine__Output as _bridgeport_agent_v1_LogLine__Output } from '../../../bridgeport/agent/v1/LogLine.ts';

export interface LogChunk {
  'followId'?: (string);
  'lines'?: (_bridgeport_agent_v1_LogLine)[];
  'end'?: (boolean);
  'error'?: (string);
}

export interface LogChunk__Output {
  'followId': (string);
  'lines': (_bridgeport_agent_v1_LogLine__Output)[];
  'end': (boolean);
  'error': (string);
}
