// Original file: bridgeport/agent/v1/agent.proto

import type { PruneMode as _bridgeport_agent_v1_PruneMode, PruneMode__Output as _bridgeport_agent_v1_PruneMode__Output } from '../../../bridgeport/agent/v1/PruneMode.ts';

export interface Prune {
  'mode'?: (_bridgeport_agent_v1_PruneMode);
  'protect'?: (string)[];
}

export interface Prune__Output {
  'mode': (_bridgeport_agent_v1_PruneMode__Output);
  'protect': (string)[];
}
