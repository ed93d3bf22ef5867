// Original file: bridgeport/agent/v1/agent.proto


export interface CancelResult {
  'cancelled'?: (boolean);
}

export interface CancelResult__Output {
  'cancelled': (boolean);
}
