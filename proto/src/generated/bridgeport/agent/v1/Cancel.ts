// Original file: bridgeport/agent/v1/agent.proto


export interface Cancel {
  'commandId'?: (string);
}

export interface Cancel__Output {
  'commandId': (string);
}
