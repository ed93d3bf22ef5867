// Original file: bridgeport/agent/v1/agent.proto

import type { HostStatus as _bridgeport_agent_v1_HostStatus, HostStatus__Output as _bridgeport_agent_v1_HostStatus__Output } from '../../../bridgeport/agent/v1/HostStatus.ts';
import type { Long } from '@grpc/proto-loader';

export interface Hello {
  'protocolVersion'?: (number);
  'agentVersion'?: (string);
  'capabilities'?: (string)[];
  'host'?: (_bridgeport_agent_v1_HostStatus | null);
  'instanceId'?: (string);
  'sentMs'?: (number | string | Long);
}

export interface Hello__Output {
  'protocolVersion': (number);
  'agentVersion': (string);
  'capabilities': (string)[];
  'host': (_bridgeport_agent_v1_HostStatus__Output | null);
  'instanceId': (string);
  'sentMs': (number);
}
