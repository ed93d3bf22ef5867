// Original file: bridgeport/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface FetchLogs {
  'containerName'?: (string);
  'tail'?: (number);
  'sinceMs'?: (number | string | Long);
}

export interface FetchLogs__Output {
  'containerName': (string);
  'tail': (number);
  'sinceMs': (number);
}
