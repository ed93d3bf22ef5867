// Original file: bridgeport/agent/v1/agent.proto


export interface LogStop {
  'followId'?: (string);
}

export interface LogStop__Output {
  'followId': (string);
}
