// Original file: bridgeport/agent/v1/agent.proto

import type { ImageSignature as _bridgeport_agent_v1_ImageSignature, ImageSignature__Output as _bridgeport_agent_v1_ImageSignature__Output } from '../../../bridgeport/agent/v1/ImageSignature.ts';

export interface ImageSignatures {
  'found'?: (_bridgeport_agent_v1_ImageSignature)[];
  'error'?: (string);
}

export interface ImageSignatures__Output {
  'found': (_bridgeport_agent_v1_ImageSignature__Output)[];
  'error': (string);
}
