// Original file: bridgeport/agent/v1/agent.proto

import type { Container as _bridgeport_agent_v1_Container, Container__Output as _bridgeport_agent_v1_Container__Output } from '../../../bridgeport/agent/v1/Container.ts';
import type { Long } from '@grpc/proto-loader';

export interface Inventory {
  'sequence'?: (number | string | Long);
  'chunk'?: (number);
  'last'?: (boolean);
  'containers'?: (_bridgeport_agent_v1_Container)[];
}

export interface Inventory__Output {
  'sequence': (number);
  'chunk': (number);
  'last': (boolean);
  'containers': (_bridgeport_agent_v1_Container__Output)[];
}
