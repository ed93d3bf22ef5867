// Original file: bridgeport/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface JobResult {
  'durationMs'?: (number | string | Long);
  'logLines'?: (string)[];
}

export interface JobResult__Output {
  'durationMs': (number);
  'logLines': (string)[];
}
