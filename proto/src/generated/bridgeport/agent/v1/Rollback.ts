// Original file: bridgeport/agent/v1/agent.proto

import type { Credentials as _bridgeport_agent_v1_Credentials, Credentials__Output as _bridgeport_agent_v1_Credentials__Output } from '../../../bridgeport/agent/v1/Credentials.ts';

export interface Rollback {
  'serviceId'?: (string);
  'containerName'?: (string);
  'runCommandId'?: (string);
  'reference'?: (string);
  'specJson'?: (string);
  'credentials'?: (_bridgeport_agent_v1_Credentials | null);
  'specImageReference'?: (string);
}

export interface Rollback__Output {
  'serviceId': (string);
  'containerName': (string);
  'runCommandId': (string);
  'reference': (string);
  'specJson': (string);
  'credentials': (_bridgeport_agent_v1_Credentials__Output | null);
  'specImageReference': (string);
}
