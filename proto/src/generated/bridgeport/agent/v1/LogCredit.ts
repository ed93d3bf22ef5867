// Original file: bridgeport/agent/v1/agent.proto


export interface LogCredit {
  'followId'?: (string);
  'lines'?: (number);
}

export interface LogCredit__Output {
  'followId': (string);
  'lines': (number);
}
