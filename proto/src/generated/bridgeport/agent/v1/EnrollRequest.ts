// Original file: bridgeport/agent/v1/agent.proto


export interface EnrollRequest {
  'joinToken'?: (string);
  'csrPem'?: (string);
  'hostname'?: (string);
}

export interface EnrollRequest__Output {
  'joinToken': (string);
  'csrPem': (string);
  'hostname': (string);
}
