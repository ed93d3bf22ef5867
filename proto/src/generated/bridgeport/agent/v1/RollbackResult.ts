// Original file: bridgeport/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface RollbackResult {
  'containerId'?: (string);
  'imageId'?: (string);
  'outcome'?: (string);
  'downtimeMs'?: (number | string | Long);
}

export interface RollbackResult__Output {
  'containerId': (string);
  'imageId': (string);
  'outcome': (string);
  'downtimeMs': (number);
}
