// Original file: bridgeport/agent/v1/agent.proto


export interface ImageSignature {
  'payload'?: (Buffer | Uint8Array | string);
  'signature'?: (string);
  'bundle'?: (string);
}

export interface ImageSignature__Output {
  'payload': (Buffer);
  'signature': (string);
  'bundle': (string);
}
