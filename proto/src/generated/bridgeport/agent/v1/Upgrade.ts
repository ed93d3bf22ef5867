// Original file: bridgeport/agent/v1/agent.proto


export interface Upgrade {
  'attempt'?: (string);
  'version'?: (string);
  'checksums'?: (string);
  'signature'?: (string);
}

export interface Upgrade__Output {
  'attempt': (string);
  'version': (string);
  'checksums': (string);
  'signature': (string);
}
