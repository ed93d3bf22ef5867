// Original file: bridgeport/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface Credentials {
  'username'?: (string);
  'password'?: (string);
  'registryHost'?: (string);
  'identityToken'?: (string);
  'registryToken'?: (string);
  'expiresMs'?: (number | string | Long);
  'refusal'?: (string);
  'refusalCode'?: (string);
}

export interface Credentials__Output {
  'username': (string);
  'password': (string);
  'registryHost': (string);
  'identityToken': (string);
  'registryToken': (string);
  'expiresMs': (number);
  'refusal': (string);
  'refusalCode': (string);
}
