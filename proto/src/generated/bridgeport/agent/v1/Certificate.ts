// Original file: bridgeport/agent/v1/agent.proto


export interface Certificate {
  'certificatePem'?: (string);
  'caPem'?: (string);
}

export interface Certificate__Output {
  'certificatePem': (string);
  'caPem': (string);
}
