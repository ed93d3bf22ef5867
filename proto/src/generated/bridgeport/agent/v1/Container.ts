// Original file: bridgeport/agent/v1/agent.proto

import type { ContainerState as _bridgeport_agent_v1_ContainerState, ContainerState__Output as _bridgeport_agent_v1_ContainerState__Output } from '../../../bridgeport/agent/v1/ContainerState.ts';
import type { HealthState as _bridgeport_agent_v1_HealthState, HealthState__Output as _bridgeport_agent_v1_HealthState__Output } from '../../../bridgeport/agent/v1/HealthState.ts';
import type { Port as _bridgeport_agent_v1_Port, Port__Output as _bridgeport_agent_v1_Port__Output } from '../../../bridgeport/agent/v1/Port.ts';
import type { Long } from '@grpc/proto-loader';

export interface Container {
  'id'?: (string);
  'name'?: (string);
  'imageName'?: (string);
  'imageId'?: (string);
  'repoDigests'?: (string)[];
  'state'?: (_bridgeport_agent_v1_ContainerState);
  'health'?: (_bridgeport_agent_v1_HealthState);
  'exitCode'?: (number);
  'restartCount'?: (number);
  'createdAtMs'?: (number | string | Long);
  'startedAtMs'?: (number | string | Long);
  'finishedAtMs'?: (number | string | Long);
  'labels'?: ({[key: string]: string});
  'ports'?: (_bridgeport_agent_v1_Port)[];
  'self'?: (boolean);
  'autoRemove'?: (boolean);
  'imagePlatform'?: (string);
  'stopLimitMs'?: (number | string | Long);
  'needs'?: (string)[];
  'checkLimitMs'?: (number | string | Long);
  'imageNames'?: (string)[];
}

export interface Container__Output {
  'id': (string);
  'name': (string);
  'imageName': (string);
  'imageId': (string);
  'repoDigests': (string)[];
  'state': (_bridgeport_agent_v1_ContainerState__Output);
  'health': (_bridgeport_agent_v1_HealthState__Output);
  'exitCode': (number);
  'restartCount': (number);
  'createdAtMs': (number);
  'startedAtMs': (number);
  'finishedAtMs': (number);
  'labels': ({[key: string]: string});
  'ports': (_bridgeport_agent_v1_Port__Output)[];
  'self': (boolean);
  'autoRemove': (boolean);
  'imagePlatform': (string);
  'stopLimitMs': (number);
  'needs': (string)[];
  'checkLimitMs': (number);
  'imageNames': (string)[];
}
