// Original file: bridgeport/agent/v1/agent.proto

export const PruneMode = {
  PRUNE_MODE_UNSPECIFIED: 'PRUNE_MODE_UNSPECIFIED',
  PRUNE_MODE_DANGLING: 'PRUNE_MODE_DANGLING',
  PRUNE_MODE_ALL: 'PRUNE_MODE_ALL',
} as const;

export type PruneMode =
  | 'PRUNE_MODE_UNSPECIFIED'
  | 0
  | 'PRUNE_MODE_DANGLING'
  | 1
  | 'PRUNE_MODE_ALL'
  | 2

export type PruneMode__Output = typeof PruneMode[keyof typeof PruneMode]
