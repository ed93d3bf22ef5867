// Original file: bridgeport/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface CommandProgress {
  'commandId'?: (string);
  'phase'?: (string);
  'message'?: (string);
  'atMs'?: (number | string | Long);
}

export interface CommandProgress__Output {
  'commandId': (string);
  'phase': (string);
  'message': (string);
  'atMs': (number);
}
