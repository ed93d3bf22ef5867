// Original file: bridgeport/agent/v1/agent.proto

import type { PruneMode as _bridgeport_agent_v1_PruneMode, PruneMode__Output as _bridgeport_agent_v1_PruneMode__Output } from '../../../bridgeport/agent/v1/PruneMode.ts';

export interface PruneEstimate {
  'mode'?: (_bridgeport_agent_v1_PruneMode);
  'protect'?: (string)[];
}

export interface PruneEstimate__Output {
  'mode': (_bridgeport_agent_v1_PruneMode__Output);
  'protect': (string)[];
}
