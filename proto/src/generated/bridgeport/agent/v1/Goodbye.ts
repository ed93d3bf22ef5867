// Original file: bridgeport/agent/v1/agent.proto


export interface Goodbye {
  'reason'?: (string);
  'elsewhere'?: (boolean);
}

export interface Goodbye__Output {
  'reason': (string);
  'elsewhere': (boolean);
}
