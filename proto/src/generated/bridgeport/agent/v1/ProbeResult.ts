// Original file: bridgeport/agent/v1/agent.proto

import type { HealthState as _bridgeport_agent_v1_HealthState, HealthState__Output as _bridgeport_agent_v1_HealthState__Output } from '../../../bridgeport/agent/v1/HealthState.ts';
import type { ContainerState as _bridgeport_agent_v1_ContainerState, ContainerState__Output as _bridgeport_agent_v1_ContainerState__Output } from '../../../bridgeport/agent/v1/ContainerState.ts';
import type { Long } from '@grpc/proto-loader';

export interface ProbeResult {
  'method'?: (string);
  'detail'?: (string);
  'durationMs'?: (number | string | Long);
  'attempts'?: (number);
  'health'?: (_bridgeport_agent_v1_HealthState);
  'state'?: (_bridgeport_agent_v1_ContainerState);
}

export interface ProbeResult__Output {
  'method': (string);
  'detail': (string);
  'durationMs': (number);
  'attempts': (number);
  'health': (_bridgeport_agent_v1_HealthState__Output);
  'state': (_bridgeport_agent_v1_ContainerState__Output);
}
