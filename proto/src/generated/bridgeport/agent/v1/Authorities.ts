// Original file: bridgeport/agent/v1/agent.proto


export interface Authorities {
  'caPem'?: (string)[];
}

export interface Authorities__Output {
  'caPem': (string)[];
}
