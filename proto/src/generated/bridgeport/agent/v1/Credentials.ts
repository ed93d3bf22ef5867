// Original file: bridgeport/agent/v1/agent.proto


export interface Credentials {
  'username'?: (string);
  'password'?: (string);
  'registryHost'?: (string);
  'identityToken'?: (string);
}

export interface Credentials__Output {
  'username': (string);
  'password': (string);
  'registryHost': (string);
  'identityToken': (string);
}
