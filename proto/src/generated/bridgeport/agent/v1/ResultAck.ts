// Original file: bridgeport/agent/v1/agent.proto


export interface ResultAck {
  'commandId'?: (string);
}

export interface ResultAck__Output {
  'commandId': (string);
}
