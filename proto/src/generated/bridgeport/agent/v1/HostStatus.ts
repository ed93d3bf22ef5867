// Original file: bridgeport/agent/v1/agent.proto

import type { Long } from '@grpc/proto-loader';

export interface HostStatus {
  'engineAvailable'?: (boolean);
  'engineError'?: (string);
  'dockerVersion'?: (string);
  'apiVersion'?: (string);
  'os'?: (string);
  'architecture'?: (string);
  'cpus'?: (number);
  'memoryBytes'?: (number | string | Long);
  'diskFreeBytes'?: (number | string | Long);
  'hostname'?: (string);
  'variant'?: (string);
  'takesRegistryTokens'?: (boolean);
  '_takesRegistryTokens'?: "takesRegistryTokens";
}

export interface HostStatus__Output {
  'engineAvailable': (boolean);
  'engineError': (string);
  'dockerVersion': (string);
  'apiVersion': (string);
  'os': (string);
  'architecture': (string);
  'cpus': (number);
  'memoryBytes': (number);
  'diskFreeBytes': (number);
  'hostname': (string);
  'variant': (string);
  'takesRegistryTokens'?: (boolean);
  '_takesRegistryTokens'?: "takesRegistryTokens";
}
