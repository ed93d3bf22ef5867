// Original file: bridgeport/agent/v1/agent.proto

import type { Credentials as _bridgeport_agent_v1_Credentials, Credentials__Output as _bridgeport_agent_v1_Credentials__Output } from '../../../bridgeport/agent/v1/Credentials.ts';
import type { Long } from '@grpc/proto-loader';

export interface CommandCredentials {
  'commandId'?: (string);
  'credentials'?: (_bridgeport_agent_v1_Credentials | null);
  'error'?: (string);
  'sentMs'?: (number | string | Long);
}

export interface CommandCredentials__Output {
  'commandId': (string);
  'credentials': (_bridgeport_agent_v1_Credentials__Output | null);
  'error': (string);
  'sentMs': (number);
}
