// Original file: bridgeport/agent/v1/agent.proto


export interface Port {
  'containerPort'?: (number);
  'hostPort'?: (number);
  'hostIp'?: (string);
  'protocol'?: (string);
}

export interface Port__Output {
  'containerPort': (number);
  'hostPort': (number);
  'hostIp': (string);
  'protocol': (string);
}
