// Original file: bridgeport/agent/v1/agent.proto

import type { LifecycleAction as _bridgeport_agent_v1_LifecycleAction, LifecycleAction__Output as _bridgeport_agent_v1_LifecycleAction__Output } from '../../../bridgeport/agent/v1/LifecycleAction.ts';

export interface Lifecycle {
  'containerName'?: (string);
  'action'?: (_bridgeport_agent_v1_LifecycleAction);
}

export interface Lifecycle__Output {
  'containerName': (string);
  'action': (_bridgeport_agent_v1_LifecycleAction__Output);
}
