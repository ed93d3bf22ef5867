// Original file: bridgeport/agent/v1/agent.proto

import type { Credentials as _bridgeport_agent_v1_Credentials, Credentials__Output as _bridgeport_agent_v1_Credentials__Output } from '../../../bridgeport/agent/v1/Credentials.ts';
import type { PlannedContainer as _bridgeport_agent_v1_PlannedContainer, PlannedContainer__Output as _bridgeport_agent_v1_PlannedContainer__Output } from '../../../bridgeport/agent/v1/PlannedContainer.ts';
import type { ImageSignatures as _bridgeport_agent_v1_ImageSignatures, ImageSignatures__Output as _bridgeport_agent_v1_ImageSignatures__Output } from '../../../bridgeport/agent/v1/ImageSignatures.ts';
import type { Long } from '@grpc/proto-loader';

export interface Pull {
  'reference'?: (string);
  'platform'?: (string);
  'credentials'?: (_bridgeport_agent_v1_Credentials | null);
  'sizeBytes'?: (number | string | Long);
  'platforms'?: (string)[];
  'containers'?: (_bridgeport_agent_v1_PlannedContainer)[];
  'signatures'?: (_bridgeport_agent_v1_ImageSignatures | null);
}

export interface Pull__Output {
  'reference': (string);
  'platform': (string);
  'credentials': (_bridgeport_agent_v1_Credentials__Output | null);
  'sizeBytes': (number);
  'platforms': (string)[];
  'containers': (_bridgeport_agent_v1_PlannedContainer__Output)[];
  'signatures': (_bridgeport_agent_v1_ImageSignatures__Output | null);
}
