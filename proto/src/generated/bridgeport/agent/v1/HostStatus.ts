// Original file: bridgeport/agent/v1/agent.proto

import type { PolicyReport as _bridgeport_agent_v1_PolicyReport, PolicyReport__Output as _bridgeport_agent_v1_PolicyReport__Output } from '../../../bridgeport/agent/v1/PolicyReport.ts';
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
  'policy'?: (_bridgeport_agent_v1_PolicyReport | null);
  'storageDriver'?: (string);
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
  'policy': (_bridgeport_agent_v1_PolicyReport__Output | null);
  'storageDriver': (string);
  '_takesRegistryTokens'?: "takesRegistryTokens";
}
