// Original file: bridgeport/agent/v1/agent.proto


export interface CommitResult {
  'removed'?: (number);
}

export interface CommitResult__Output {
  'removed': (number);
}
