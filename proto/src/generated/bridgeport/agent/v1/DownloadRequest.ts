// Original file: bridgeport/agent/v1/agent.proto


export interface DownloadRequest {
  'platform'?: (string);
}

export interface DownloadRequest__Output {
  'platform': (string);
}
