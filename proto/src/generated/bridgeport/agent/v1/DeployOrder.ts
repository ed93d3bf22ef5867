// Original file: bridgeport/agent/v1/agent.proto

export const DeployOrder = {
  DEPLOY_ORDER_UNSPECIFIED: 'DEPLOY_ORDER_UNSPECIFIED',
  DEPLOY_ORDER_STOP_FIRST: 'DEPLOY_ORDER_STOP_FIRST',
  DEPLOY_ORDER_START_FIRST: 'DEPLOY_ORDER_START_FIRST',
} as const;

export type DeployOrder =
  | 'DEPLOY_ORDER_UNSPECIFIED'
  | 0
  | 'DEPLOY_ORDER_STOP_FIRST'
  | 1
  | 'DEPLOY_ORDER_START_FIRST'
  | 2

export type DeployOrder__Output = typeof DeployOrder[keyof typeof DeployOrder]
