// Original file: bridgeport/agent/v1/agent.proto

import type { LogLine as _bridgeport_agent_v1_LogLine, LogLine__Output as _bridgeport_agent_v1_LogLine__Output } from '../../../bridgeport/agent/v1/LogLine.ts';

export interface LogsResult {
  'lines'?: (_bridgeport_agent_v1_LogLine)[];
  'truncated'?: (boolean);
}

export interface LogsResult__Output {
  'lines': (_bridgeport_agent_v1_LogLine__Output)[];
  'truncated': (boolean);
}
