// Original file: bridgeport/agent/v1/agent.proto


export interface Welcome {
  'protocolVersion'?: (number);
  'serverId'?: (string);
  'capabilities'?: (string)[];
}

export interface Welcome__Output {
  'protocolVersion': (number);
  'serverId': (string);
  'capabilities': (string)[];
}
