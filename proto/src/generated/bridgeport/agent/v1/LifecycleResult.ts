// Original file: bridgeport/agent/v1/agent.proto

import type { ContainerState as _bridgeport_agent_v1_ContainerState, ContainerState__Output as _bridgeport_agent_v1_ContainerState__Output } from '../../../bridgeport/agent/v1/ContainerState.ts';

export interface LifecycleResult {
  'state'?: (_bridgeport_agent_v1_ContainerState);
}

export interface LifecycleResult__Output {
  'state': (_bridgeport_agent_v1_ContainerState__Output);
}
