// Original file: bridgeport/agent/v1/agent.proto

import type { Port as _bridgeport_agent_v1_Port, Port__Output as _bridgeport_agent_v1_Port__Output } from '../../../bridgeport/agent/v1/Port.ts';

export interface PortNeed {
  'containerName'?: (string);
  'ports'?: (_bridgeport_agent_v1_Port)[];
}

export interface PortNeed__Output {
  'containerName': (string);
  'ports': (_bridgeport_agent_v1_Port__Output)[];
}
