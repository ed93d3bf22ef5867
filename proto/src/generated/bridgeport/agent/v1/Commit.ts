// Original file: bridgeport/agent/v1/agent.proto


export interface Commit {
  'serviceId'?: (string);
  'containerName'?: (string);
  'runCommandIds'?: (string)[];
  'currentImageId'?: (string);
  'previousImageId'?: (string);
}

export interface Commit__Output {
  'serviceId': (string);
  'containerName': (string);
  'runCommandIds': (string)[];
  'currentImageId': (string);
  'previousImageId': (string);
}
