// Original file: bridgeport/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface PullResult {
  'imageId'?: (string);
  'repoDigests'?: (string)[];
  'alreadyPresent'?: (boolean);
  'durationMs'?: (number | string | Long);
  'platform'?: (string);
}

export interface PullResult__Output {
  'imageId': (string);
  'repoDigests': (string)[];
  'alreadyPresent': (boolean);
  'durationMs': (number);
  'platform': (string);
}
