// Original file: bridgeport/agent/v1/agent.proto

export const LifecycleAction = {
  LIFECYCLE_ACTION_UNSPECIFIED: 'LIFECYCLE_ACTION_UNSPECIFIED',
  LIFECYCLE_ACTION_START: 'LIFECYCLE_ACTION_START',
  LIFECYCLE_ACTION_STOP: 'LIFECYCLE_ACTION_STOP',
  LIFECYCLE_ACTION_RESTART: 'LIFECYCLE_ACTION_RESTART',
} as const;

export type LifecycleAction =
  | 'LIFECYCLE_ACTION_UNSPECIFIED'
  | 0
  | 'LIFECYCLE_ACTION_START'
  | 1
  | 'LIFECYCLE_ACTION_STOP'
  | 2
  | 'LIFECYCLE_ACTION_RESTART'
  | 3

export type LifecycleAction__Output = typeof LifecycleAction[keyof typeof LifecycleAction]
