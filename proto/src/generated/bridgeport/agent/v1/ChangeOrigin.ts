// Original file: bridgeport/agent/v1/agent.proto

export const ChangeOrigin = {
  CHANGE_ORIGIN_UNSPECIFIED: 'CHANGE_ORIGIN_UNSPECIFIED',
  CHANGE_ORIGIN_KEPT: 'CHANGE_ORIGIN_KEPT',
  CHANGE_ORIGIN_FROM_IMAGE: 'CHANGE_ORIGIN_FROM_IMAGE',
  CHANGE_ORIGIN_BY_PLAN: 'CHANGE_ORIGIN_BY_PLAN',
} as const;

export type ChangeOrigin =
  | 'CHANGE_ORIGIN_UNSPECIFIED'
  | 0
  | 'CHANGE_ORIGIN_KEPT'
  | 1
  | 'CHANGE_ORIGIN_FROM_IMAGE'
  | 2
  | 'CHANGE_ORIGIN_BY_PLAN'
  | 3

export type ChangeOrigin__Output = typeof ChangeOrigin[keyof typeof ChangeOrigin]
