// Original file: bridgeport/agent/v1/agent.proto

import type { Container as _bridgeport_agent_v1_Container, Container__Output as _bridgeport_agent_v1_Container__Output } from '../../../bridgeport/agent/v1/Container.ts';
import type { Long } from '@grpc/proto-loader';

export interface ContainerChange {
  'sequence'?: (number | string | Long);
  'upsert'?: (_bridgeport_agent_v1_Container | null);
  'removedId'?: (string);
  'change'?: "upsert"|"removedId";
}

export interface ContainerChange__Output {
  'sequence': (number);
  'upsert'?: (_bridgeport_agent_v1_Container__Output | null);
  'removedId'?: (string);
  'change'?: "upsert"|"removedId";
}
