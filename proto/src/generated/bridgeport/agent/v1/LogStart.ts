// Original file: bridgeport/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface LogStart {
  'followId'?: (string);
  'containerName'?: (string);
  'tail'?: (number);
  'sinceMs'?: (number | string | Long);
  'credit'?: (number);
}

export interface LogStart__Output {
  'followId': (string);
  'containerName': (string);
  'tail': (number);
  'sinceMs': (number);
  'credit': (number);
}
