// Original file: bridgeport/agent/v1/agent.proto


export interface UpgradeStatus {
  'attempt'?: (string);
  'succeeded'?: (boolean);
  'error'?: (string);
}

export interface UpgradeStatus__Output {
  'attempt': (string);
  'succeeded': (boolean);
  'error': (string);
}
