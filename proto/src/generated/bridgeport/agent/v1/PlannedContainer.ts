// Original file: bridgeport/agent/v1/agent.proto

import type { Port as _bridgeport_agent_v1_Port, Port__Output as _bridgeport_agent_v1_Port__Output } from '../../../bridgeport/agent/v1/Port.ts';
import type { DeployOrder as _bridgeport_agent_v1_DeployOrder, DeployOrder__Output as _bridgeport_agent_v1_DeployOrder__Output } from '../../../bridgeport/agent/v1/DeployOrder.ts';

export interface PlannedContainer {
  'containerName'?: (string);
  'ports'?: (_bridgeport_agent_v1_Port)[];
  'order'?: (_bridgeport_agent_v1_DeployOrder);
  'allowAutoRemove'?: (boolean);
  'mustExist'?: (boolean);
  'specJson'?: (string);
}

export interface PlannedContainer__Output {
  'containerName': (string);
  'ports': (_bridgeport_agent_v1_Port__Output)[];
  'order': (_bridgeport_agent_v1_DeployOrder__Output);
  'allowAutoRemove': (boolean);
  'mustExist': (boolean);
  'specJson': (string);
}
