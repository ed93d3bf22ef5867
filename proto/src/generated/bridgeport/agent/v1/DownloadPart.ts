// Original file: bridgeport/agent/v1/agent.proto


export interface DownloadPart {
  'content'?: (Buffer | Uint8Array | string);
}

export interface DownloadPart__Output {
  'content': (Buffer);
}
