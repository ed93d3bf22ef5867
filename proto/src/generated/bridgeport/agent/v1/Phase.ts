// Original file: bridgeport/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Phase {
  'name'?: (string);
  'startedAtMs'?: (number | string | Long);
  'finishedAtMs'?: (number | string | Long);
}

export interface Phase__Output {
  'name': (string);
  'startedAtMs': (number);
  'finishedAtMs': (number);
}
