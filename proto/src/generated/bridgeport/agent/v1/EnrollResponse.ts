// Original file: bridgeport/agent/v1/agent.proto


export interface EnrollResponse {
  'certificatePem'?: (string);
  'serverId'?: (string);
  'agentAddr'?: (string);
  'caPem'?: (string)[];
}

export interface EnrollResponse__Output {
  'certificatePem': (string);
  'serverId': (string);
  'agentAddr': (string);
  'caPem': (string)[];
}
