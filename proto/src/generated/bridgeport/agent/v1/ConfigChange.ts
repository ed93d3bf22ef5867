// Original file: bridgeport/agent/v1/agent.proto

import type { ChangeOrigin as _bridgeport_agent_v1_ChangeOrigin, ChangeOrigin__Output as _bridgeport_agent_v1_ChangeOrigin__Output } from '../../../bridgeport/agent/v1/ChangeOrigin.ts';

export interface ConfigChange {
  'field'?: (string);
  'origin'?: (_bridgeport_agent_v1_ChangeOrigin);
  'beforeJson'?: (string);
  'afterJson'?: (string);
}

export interface ConfigChange__Output {
  'field': (string);
  'origin': (_bridgeport_agent_v1_ChangeOrigin__Output);
  'beforeJson': (string);
  'afterJson': (string);
}
