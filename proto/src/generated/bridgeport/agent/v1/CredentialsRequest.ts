// Original file: bridgeport/agent/v1/agent.proto


export interface CredentialsRequest {
  'commandId'?: (string);
}

export interface CredentialsRequest__Output {
  'commandId': (string);
}
