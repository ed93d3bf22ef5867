// Original file: bridgeport/agent/v1/agent.proto

import type { ImageSignatures as _bridgeport_agent_v1_ImageSignatures, ImageSignatures__Output as _bridgeport_agent_v1_ImageSignatures__Output } from '../../../bridgeport/agent/v1/ImageSignatures.ts';
import type { Long } from '@grpc/proto-loader';

export interface Job {
  'serviceId'?: (string);
  'containerName'?: (string);
  'reference'?: (string);
  'command'?: (string)[];
  'timeoutMs'?: (number | string | Long);
  'specJson'?: (string);
  'expectedImageIds'?: (string)[];
  'signatures'?: (_bridgeport_agent_v1_ImageSignatures | null);
}

export interface Job__Output {
  'serviceId': (string);
  'containerName': (string);
  'reference': (string);
  'command': (string)[];
  'timeoutMs': (number);
  'specJson': (string);
  'expectedImageIds': (string)[];
  'signatures': (_bridgeport_agent_v1_ImageSignatures__Output | null);
}
