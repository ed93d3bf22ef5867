// Original file: bridgeport/agent/v1/agent.proto


export interface HealthGate {
  'waitMs'?: (number);
  'retries'?: (number);
  'intervalMs'?: (number);
  'url'?: (string);
  'probe'?: (string);
  'waitMsSet'?: (boolean);
}

export interface HealthGate__Output {
  'waitMs': (number);
  'retries': (number);
  'intervalMs': (number);
  'url': (string);
  'probe': (string);
  'waitMsSet': (boolean);
}
