// Original file: bridgeport/agent/v1/agent.proto


export interface Failure {
  'code'?: (string);
  'message'?: (string);
  'logLines'?: (string)[];
  'exitCode'?: (number);
  'hasExitCode'?: (boolean);
}

export interface Failure__Output {
  'code': (string);
  'message': (string);
  'logLines': (string)[];
  'exitCode': (number);
  'hasExitCode': (boolean);
}
