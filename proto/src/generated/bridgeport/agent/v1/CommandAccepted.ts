// Original file: bridgeport/agent/v1/agent.proto


export interface CommandAccepted {
  'commandId'?: (string);
}

export interface CommandAccepted__Output {
  'commandId': (string);
}
