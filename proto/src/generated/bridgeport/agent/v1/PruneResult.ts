// Original file: bridgeport/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface PruneResult {
  'spaceReclaimedBytes'?: (number | string | Long);
  'imagesDeleted'?: (number);
}

export interface PruneResult__Output {
  'spaceReclaimedBytes': (number);
  'imagesDeleted': (number);
}
