// Original file: bridgeport/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface LogLine {
  'atMs'?: (number | string | Long);
  'stream'?: (string);
  'text'?: (string);
}

export interface LogLine__Output {
  'atMs': (number);
  'stream': (string);
  'text': (string);
}
