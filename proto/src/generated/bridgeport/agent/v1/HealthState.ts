// Original file: bridgeport/agent/v1/agent.proto

export const HealthState = {
  HEALTH_STATE_UNSPECIFIED: 'HEALTH_STATE_UNSPECIFIED',
  HEALTH_STATE_NONE: 'HEALTH_STATE_NONE',
  HEALTH_STATE_STARTING: 'HEALTH_STATE_STARTING',
  HEALTH_STATE_HEALTHY: 'HEALTH_STATE_HEALTHY',
  HEALTH_STATE_UNHEALTHY: 'HEALTH_STATE_UNHEALTHY',
} as const;

export type HealthState =
  | 'HEALTH_STATE_UNSPECIFIED'
  | 0
  | 'HEALTH_STATE_NONE'
  | 1
  | 'HEALTH_STATE_STARTING'
  | 2
  | 'HEALTH_STATE_HEALTHY'
  | 3
  | 'HEALTH_STATE_UNHEALTHY'
  | 4

export type HealthState__Output = typeof HealthState[keyof typeof HealthState]
