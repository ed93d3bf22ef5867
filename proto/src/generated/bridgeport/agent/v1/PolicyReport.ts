// Original file: bridgeport/agent/v1/agent.proto


export interface PolicyReport {
  'hash'?: (string);
  'summary'?: (string);
}

export interface PolicyReport__Output {
  'hash': (string);
  'summary': (string);
}
