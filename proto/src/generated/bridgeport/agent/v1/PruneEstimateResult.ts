// Original file: bridgeport/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface PruneEstimateResult {
  'spaceReclaimableBytes'?: (number | string | Long);
  'images'?: (number);
}

export interface PruneEstimateResult__Output {
  'spaceReclaimableBytes': (number);
  'images': (number);
}
