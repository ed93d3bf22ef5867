const descriptor: object = {
  "nested": {
    "bridgeport": {
      "nested": {
        "agent": {
          "nested": {
            "v1": {
              "nested": {
                "AgentLink": {
                  "methods": {
                    "Connect": {
                      "requestType": "AgentMessage",
                      "requestStream": true,
                      "responseType": "ControlMessage",
                      "responseStream": true
                    },
                    "Enroll": {
                      "requestType": "EnrollRequest",
                      "responseType": "EnrollResponse"
                    },
                    "Download": {
                      "requestType": "DownloadRequest",
                      "responseType": "DownloadPart",
                      "responseStream": true
                    }
                  }
                },
                "DownloadRequest": {
                  "fields": {
                    "platform": {
                      "type": "string",
                      "id": 1
                    }
                  }
                },
                "DownloadPart": {
                  "fields": {
                    "content": {
                      "type": "bytes",
                      "id": 1
                    }
                  }
                },
                "EnrollRequest": {
                  "fields": {
                    "joinToken": {
                      "type": "string",
                      "id": 1
                    },
                    "csrPem": {
                      "type": "string",
                      "id": 2
                    },
                    "hostname": {
                      "type": "string",
                      "id": 3
                    }
                  }
                },
                "EnrollResponse": {
                  "fields": {
                    "certificatePem": {
                      "type": "string",
                      "id": 1
                    },
                    "serverId": {
                      "type": "string",
                      "id": 2
                    },
                    "agentAddr": {
                      "type": "string",
                      "id": 3
                    },
                    "caPem": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 4
                    }
                  }
                },
                "AgentMessage": {
                  "oneofs": {
                    "body": {
                      "oneof": [
                        "hello",
                        "inventory",
                        "change",
                        "host",
                        "accepted",
                        "progress",
                        "result",
                        "log",
                        "renew",
                        "goodbye",
                        "credentialsRequest",
                        "upgradeStatus"
                      ]
                    }
                  },
                  "fields": {
                    "hello": {
                      "type": "Hello",
                      "id": 1
                    },
                    "inventory": {
                      "type": "Inventory",
                      "id": 2
                    },
                    "change": {
                      "type": "ContainerChange",
                      "id": 3
                    },
                    "host": {
                      "type": "HostStatus",
                      "id": 4
                    },
                    "accepted": {
                      "type": "CommandAccepted",
                      "id": 5
                    },
                    "progress": {
                      "type": "CommandProgress",
                      "id": 6
                    },
                    "result": {
                      "type": "CommandResult",
                      "id": 7
                    },
                    "log": {
                      "type": "LogChunk",
                      "id": 8
                    },
                    "renew": {
                      "type": "RenewCertificate",
                      "id": 9
                    },
                    "goodbye": {
                      "type": "Goodbye",
                      "id": 10
                    },
                    "credentialsRequest": {
                      "type": "CredentialsRequest",
                      "id": 21
                    },
                    "upgradeStatus": {
                      "type": "UpgradeStatus",
                      "id": 22
                    }
                  }
                },
                "ControlMessage": {
                  "oneofs": {
                    "body": {
                      "oneof": [
                        "welcome",
                        "command",
                        "resultAck",
                        "inventoryRequest",
                        "logStart",
                        "logStop",
                        "certificate",
                        "goodbye",
                        "logCredit",
                        "credentials",
                        "authorities",
                        "upgrade"
                      ]
                    }
                  },
                  "fields": {
                    "welcome": {
                      "type": "Welcome",
                      "id": 1
                    },
                    "command": {
                      "type": "Command",
                      "id": 2
                    },
                    "resultAck": {
                      "type": "ResultAck",
                      "id": 3
                    },
                    "inventoryRequest": {
                      "type": "InventoryRequest",
                      "id": 4
                    },
                    "logStart": {
                      "type": "LogStart",
                      "id": 5
                    },
                    "logStop": {
                      "type": "LogStop",
                      "id": 6
                    },
                    "certificate": {
                      "type": "Certificate",
                      "id": 7
                    },
                    "goodbye": {
                      "type": "Goodbye",
                      "id": 8
                    },
                    "logCredit": {
                      "type": "LogCredit",
                      "id": 9
                    },
                    "credentials": {
                      "type": "CommandCredentials",
                      "id": 21
                    },
                    "authorities": {
                      "type": "Authorities",
                      "id": 23
                    },
                    "upgrade": {
                      "type": "Upgrade",
                      "id": 24
                    }
                  }
                },
                "Authorities": {
                  "fields": {
                    "caPem": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 1
                    }
                  }
                },
                "Hello": {
                  "fields": {
                    "protocolVersion": {
                      "type": "uint32",
                      "id": 1
                    },
                    "agentVersion": {
                      "type": "string",
                      "id": 2
                    },
                    "capabilities": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 3
                    },
                    "host": {
                      "type": "HostStatus",
                      "id": 4
                    },
                    "instanceId": {
                      "type": "string",
                      "id": 5
                    },
                    "sentMs": {
                      "type": "uint64",
                      "id": 21
                    }
                  }
                },
                "Welcome": {
                  "fields": {
                    "protocolVersion": {
                      "type": "uint32",
                      "id": 1
                    },
                    "serverId": {
                      "type": "string",
                      "id": 2
                    },
                    "capabilities": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 3
                    }
                  }
                },
                "Goodbye": {
                  "fields": {
                    "reason": {
                      "type": "string",
                      "id": 1
                    },
                    "elsewhere": {
                      "type": "bool",
                      "id": 2
                    }
                  }
                },
                "HostStatus": {
                  "oneofs": {
                    "_takesRegistryTokens": {
                      "oneof": [
                        "takesRegistryTokens"
                      ]
                    }
                  },
                  "fields": {
                    "engineAvailable": {
                      "type": "bool",
                      "id": 1
                    },
                    "engineError": {
                      "type": "string",
                      "id": 2
                    },
                    "dockerVersion": {
                      "type": "string",
                      "id": 3
                    },
                    "apiVersion": {
                      "type": "string",
                      "id": 4
                    },
                    "os": {
                      "type": "string",
                      "id": 5
                    },
                    "architecture": {
                      "type": "string",
                      "id": 6
                    },
                    "cpus": {
                      "type": "uint32",
                      "id": 7
                    },
                    "memoryBytes": {
                      "type": "uint64",
                      "id": 8
                    },
                    "diskFreeBytes": {
                      "type": "uint64",
                      "id": 9
                    },
                    "hostname": {
                      "type": "string",
                      "id": 10
                    },
                    "variant": {
                      "type": "string",
                      "id": 11
                    },
                    "takesRegistryTokens": {
                      "type": "bool",
                      "id": 21,
                      "options": {
                        "proto3_optional": true
                      }
                    },
                    "policy": {
                      "type": "PolicyReport",
                      "id": 22
                    },
                    "storageDriver": {
                      "type": "string",
                      "id": 23
                    }
                  }
                },
                "PolicyReport": {
                  "fields": {
                    "hash": {
                      "type": "string",
                      "id": 1
                    },
                    "summary": {
                      "type": "string",
                      "id": 2
                    }
                  }
                },
                "Upgrade": {
                  "fields": {
                    "attempt": {
                      "type": "string",
                      "id": 1
                    },
                    "version": {
                      "type": "string",
                      "id": 2
                    },
                    "checksums": {
                      "type": "string",
                      "id": 3
                    },
                    "signature": {
                      "type": "string",
                      "id": 4
                    }
                  }
                },
                "UpgradeStatus": {
                  "fields": {
                    "attempt": {
                      "type": "string",
                      "id": 1
                    },
                    "succeeded": {
                      "type": "bool",
                      "id": 2
                    },
                    "error": {
                      "type": "string",
                      "id": 3
                    }
                  }
                },
                "RenewCertificate": {
                  "fields": {
                    "csrPem": {
                      "type": "string",
                      "id": 1
                    }
                  }
                },
                "Certificate": {
                  "fields": {
                    "certificatePem": {
                      "type": "string",
                      "id": 1
                    },
                    "caPem": {
                      "type": "string",
                      "id": 2
                    }
                  }
                },
                "Inventory": {
                  "fields": {
                    "sequence": {
                      "type": "uint64",
                      "id": 1
                    },
                    "chunk": {
                      "type": "uint32",
                      "id": 2
                    },
                    "last": {
                      "type": "bool",
                      "id": 3
                    },
                    "containers": {
                      "rule": "repeated",
                      "type": "Container",
                      "id": 4
                    }
                  }
                },
                "ContainerChange": {
                  "oneofs": {
                    "change": {
                      "oneof": [
                        "upsert",
                        "removedId"
                      ]
                    }
                  },
                  "fields": {
                    "sequence": {
                      "type": "uint64",
                      "id": 1
                    },
                    "upsert": {
                      "type": "Container",
                      "id": 2
                    },
                    "removedId": {
                      "type": "string",
                      "id": 3
                    }
                  }
                },
                "InventoryRequest": {
                  "fields": {}
                },
                "Container": {
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1
                    },
                    "name": {
                      "type": "string",
                      "id": 2
                    },
                    "imageName": {
                      "type": "string",
                      "id": 3
                    },
                    "imageId": {
                      "type": "string",
                      "id": 4
                    },
                    "repoDigests": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 5
                    },
                    "state": {
                      "type": "ContainerState",
                      "id": 6
                    },
                    "health": {
                      "type": "HealthState",
                      "id": 7
                    },
                    "exitCode": {
                      "type": "int32",
                      "id": 8
                    },
                    "restartCount": {
                      "type": "uint32",
                      "id": 9
                    },
                    "createdAtMs": {
                      "type": "int64",
                      "id": 10
                    },
                    "startedAtMs": {
                      "type": "int64",
                      "id": 11
                    },
                    "finishedAtMs": {
                      "type": "int64",
                      "id": 12
                    },
                    "labels": {
                      "keyType": "string",
                      "type": "string",
                      "id": 13
                    },
                    "ports": {
                      "rule": "repeated",
                      "type": "Port",
                      "id": 14
                    },
                    "self": {
                      "type": "bool",
                      "id": 15
                    },
                    "autoRemove": {
                      "type": "bool",
                      "id": 16
                    },
                    "imagePlatform": {
                      "type": "string",
                      "id": 17
                    },
                    "needs": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 19
                    },
                    "stopLimitMs": {
                      "type": "uint64",
                      "id": 18
                    },
                    "checkLimitMs": {
                      "type": "uint64",
                      "id": 20
                    },
                    "imageNames": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 21
                    }
                  }
                },
                "Port": {
                  "fields": {
                    "containerPort": {
                      "type": "uint32",
                      "id": 1
                    },
                    "hostPort": {
                      "type": "uint32",
                      "id": 2
                    },
                    "hostIp": {
                      "type": "string",
                      "id": 3
                    },
                    "protocol": {
                      "type": "string",
                      "id": 4
                    }
                  }
                },
                "ContainerState": {
                  "values": {
                    "CONTAINER_STATE_UNSPECIFIED": 0,
                    "CONTAINER_STATE_CREATED": 1,
                    "CONTAINER_STATE_RUNNING": 2,
                    "CONTAINER_STATE_PAUSED": 3,
                    "CONTAINER_STATE_RESTARTING": 4,
                    "CONTAINER_STATE_REMOVING": 5,
                    "CONTAINER_STATE_EXITED": 6,
                    "CONTAINER_STATE_DEAD": 7
                  }
                },
                "HealthState": {
                  "values": {
                    "HEALTH_STATE_UNSPECIFIED": 0,
                    "HEALTH_STATE_NONE": 1,
                    "HEALTH_STATE_STARTING": 2,
                    "HEALTH_STATE_HEALTHY": 3,
                    "HEALTH_STATE_UNHEALTHY": 4
                  }
                },
                "Command": {
                  "oneofs": {
                    "body": {
                      "oneof": [
                        "pull",
                        "run",
                        "rollback",
                        "commit",
                        "prune",
                        "probe",
                        "lifecycle",
                        "cancel",
                        "logs",
                        "pruneEstimate",
                        "job"
                      ]
                    }
                  },
                  "fields": {
                    "id": {
                      "type": "string",
                      "id": 1
                    },
                    "deadlineMs": {
                      "type": "int64",
                      "id": 2
                    },
                    "sentMs": {
                      "type": "int64",
                      "id": 3
                    },
                    "after": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 4
                    },
                    "pull": {
                      "type": "Pull",
                      "id": 10
                    },
                    "run": {
                      "type": "Run",
                      "id": 11
                    },
                    "rollback": {
                      "type": "Rollback",
                      "id": 12
                    },
                    "commit": {
                      "type": "Commit",
                      "id": 13
                    },
                    "prune": {
                      "type": "Prune",
                      "id": 14
                    },
                    "probe": {
                      "type": "Probe",
                      "id": 15
                    },
                    "lifecycle": {
                      "type": "Lifecycle",
                      "id": 16
                    },
                    "cancel": {
                      "type": "Cancel",
                      "id": 17
                    },
                    "logs": {
                      "type": "FetchLogs",
                      "id": 18
                    },
                    "pruneEstimate": {
                      "type": "PruneEstimate",
                      "id": 19
                    },
                    "job": {
                      "type": "Job",
                      "id": 20
                    },
                    "planId": {
                      "type": "string",
                      "id": 21
                    }
                  }
                },
                "CommandAccepted": {
                  "fields": {
                    "commandId": {
                      "type": "string",
                      "id": 1
                    }
                  }
                },
                "CommandProgress": {
                  "fields": {
                    "commandId": {
                      "type": "string",
                      "id": 1
                    },
                    "phase": {
                      "type": "string",
                      "id": 2
                    },
                    "message": {
                      "type": "string",
                      "id": 3
                    },
                    "atMs": {
                      "type": "int64",
                      "id": 4
                    }
                  }
                },
                "CommandResult": {
                  "oneofs": {
                    "body": {
                      "oneof": [
                        "pull",
                        "run",
                        "rollback",
                        "commit",
                        "prune",
                        "probe",
                        "lifecycle",
                        "cancel",
                        "logs",
                        "pruneEstimate",
                        "job"
                      ]
                    }
                  },
                  "fields": {
                    "commandId": {
                      "type": "string",
                      "id": 1
                    },
                    "ok": {
                      "type": "bool",
                      "id": 2
                    },
                    "failure": {
                      "type": "Failure",
                      "id": 3
                    },
                    "startedAtMs": {
                      "type": "int64",
                      "id": 4
                    },
                    "finishedAtMs": {
                      "type": "int64",
                      "id": 5
                    },
                    "pull": {
                      "type": "PullResult",
                      "id": 10
                    },
                    "run": {
                      "type": "RunResult",
                      "id": 11
                    },
                    "rollback": {
                      "type": "RollbackResult",
                      "id": 12
                    },
                    "commit": {
                      "type": "CommitResult",
                      "id": 13
                    },
                    "prune": {
                      "type": "PruneResult",
                      "id": 14
                    },
                    "probe": {
                      "type": "ProbeResult",
                      "id": 15
                    },
                    "lifecycle": {
                      "type": "LifecycleResult",
                      "id": 16
                    },
                    "cancel": {
                      "type": "CancelResult",
                      "id": 17
                    },
                    "logs": {
                      "type": "LogsResult",
                      "id": 18
                    },
                    "pruneEstimate": {
                      "type": "PruneEstimateResult",
                      "id": 19
                    },
                    "job": {
                      "type": "JobResult",
                      "id": 20
                    },
                    "phases": {
                      "rule": "repeated",
                      "type": "Phase",
                      "id": 21
                    }
                  }
                },
                "Phase": {
                  "fields": {
                    "name": {
                      "type": "string",
                      "id": 1
                    },
                    "startedAtMs": {
                      "type": "int64",
                      "id": 2
                    },
                    "finishedAtMs": {
                      "type": "int64",
                      "id": 3
                    }
                  }
                },
                "Failure": {
                  "fields": {
                    "code": {
                      "type": "string",
                      "id": 1
                    },
                    "message": {
                      "type": "string",
                      "id": 2
                    },
                    "logLines": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 3
                    },
                    "exitCode": {
                      "type": "int32",
                      "id": 4
                    },
                    "hasExitCode": {
                      "type": "bool",
                      "id": 5
                    },
                    "before": {
                      "type": "Observation",
                      "id": 6
                    },
                    "after": {
                      "type": "Observation",
                      "id": 7
                    }
                  }
                },
                "Observation": {
                  "oneofs": {
                    "_exitCode": {
                      "oneof": [
                        "exitCode"
                      ]
                    }
                  },
                  "fields": {
                    "containerId": {
                      "type": "string",
                      "id": 1
                    },
                    "imageId": {
                      "type": "string",
                      "id": 2
                    },
                    "running": {
                      "type": "bool",
                      "id": 3
                    },
                    "health": {
                      "type": "HealthState",
                      "id": 4
                    },
                    "name": {
                      "type": "string",
                      "id": 5
                    },
                    "exitCode": {
                      "type": "int32",
                      "id": 6,
                      "options": {
                        "proto3_optional": true
                      }
                    }
                  }
                },
                "ResultAck": {
                  "fields": {
                    "commandId": {
                      "type": "string",
                      "id": 1
                    }
                  }
                },
                "Pull": {
                  "fields": {
                    "reference": {
                      "type": "string",
                      "id": 1
                    },
                    "platform": {
                      "type": "string",
                      "id": 2
                    },
                    "credentials": {
                      "type": "Credentials",
                      "id": 3
                    },
                    "sizeBytes": {
                      "type": "uint64",
                      "id": 4
                    },
                    "platforms": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 5
                    },
                    "containers": {
                      "rule": "repeated",
                      "type": "PlannedContainer",
                      "id": 6
                    },
                    "signatures": {
                      "type": "ImageSignatures",
                      "id": 7
                    }
                  }
                },
                "ImageSignatures": {
                  "fields": {
                    "found": {
                      "rule": "repeated",
                      "type": "ImageSignature",
                      "id": 1
                    },
                    "error": {
                      "type": "string",
                      "id": 2
                    }
                  }
                },
                "ImageSignature": {
                  "fields": {
                    "payload": {
                      "type": "bytes",
                      "id": 1
                    },
                    "signature": {
                      "type": "string",
                      "id": 2
                    },
                    "bundle": {
                      "type": "string",
                      "id": 3
                    }
                  }
                },
                "PlannedContainer": {
                  "fields": {
                    "containerName": {
                      "type": "string",
                      "id": 1
                    },
                    "ports": {
                      "rule": "repeated",
                      "type": "Port",
                      "id": 2
                    },
                    "order": {
                      "type": "DeployOrder",
                      "id": 3
                    },
                    "allowAutoRemove": {
                      "type": "bool",
                      "id": 4
                    },
                    "mustExist": {
                      "type": "bool",
                      "id": 5
                    },
                    "specJson": {
                      "type": "string",
                      "id": 6
                    }
                  }
                },
                "Credentials": {
                  "fields": {
                    "username": {
                      "type": "string",
                      "id": 1
                    },
                    "password": {
                      "type": "string",
                      "id": 2
                    },
                    "registryHost": {
                      "type": "string",
                      "id": 3
                    },
                    "identityToken": {
                      "type": "string",
                      "id": 4
                    },
                    "registryToken": {
                      "type": "string",
                      "id": 5
                    },
                    "expiresMs": {
                      "type": "int64",
                      "id": 6
                    },
                    "refusal": {
                      "type": "string",
                      "id": 7
                    },
                    "refusalCode": {
                      "type": "string",
                      "id": 8
                    }
                  }
                },
                "CredentialsRequest": {
                  "fields": {
                    "commandId": {
                      "type": "string",
                      "id": 1
                    }
                  }
                },
                "CommandCredentials": {
                  "fields": {
                    "commandId": {
                      "type": "string",
                      "id": 1
                    },
                    "credentials": {
                      "type": "Credentials",
                      "id": 2
                    },
                    "error": {
                      "type": "string",
                      "id": 3
                    },
                    "sentMs": {
                      "type": "int64",
                      "id": 4
                    }
                  }
                },
                "PullResult": {
                  "fields": {
                    "imageId": {
                      "type": "string",
                      "id": 1
                    },
                    "repoDigests": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 2
                    },
                    "alreadyPresent": {
                      "type": "bool",
                      "id": 3
                    },
                    "durationMs": {
                      "type": "uint64",
                      "id": 4
                    },
                    "platform": {
                      "type": "string",
                      "id": 5
                    }
                  }
                },
                "DeployOrder": {
                  "values": {
                    "DEPLOY_ORDER_UNSPECIFIED": 0,
                    "DEPLOY_ORDER_STOP_FIRST": 1,
                    "DEPLOY_ORDER_START_FIRST": 2
                  }
                },
                "Run": {
                  "fields": {
                    "serviceId": {
                      "type": "string",
                      "id": 1
                    },
                    "containerName": {
                      "type": "string",
                      "id": 2
                    },
                    "reference": {
                      "type": "string",
                      "id": 3
                    },
                    "order": {
                      "type": "DeployOrder",
                      "id": 4
                    },
                    "specJson": {
                      "type": "string",
                      "id": 5
                    },
                    "gate": {
                      "type": "HealthGate",
                      "id": 6
                    },
                    "allowAutoRemove": {
                      "type": "bool",
                      "id": 7
                    },
                    "dryRun": {
                      "type": "bool",
                      "id": 8
                    },
                    "expectedImageIds": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 9
                    },
                    "imageConfigJson": {
                      "type": "string",
                      "id": 10
                    },
                    "signatures": {
                      "type": "ImageSignatures",
                      "id": 11
                    }
                  }
                },
                "RunResult": {
                  "fields": {
                    "containerId": {
                      "type": "string",
                      "id": 1
                    },
                    "imageId": {
                      "type": "string",
                      "id": 2
                    },
                    "previousContainerId": {
                      "type": "string",
                      "id": 3
                    },
                    "previousImageId": {
                      "type": "string",
                      "id": 4
                    },
                    "downtimeMs": {
                      "type": "int64",
                      "id": 5
                    },
                    "specJson": {
                      "type": "string",
                      "id": 6
                    },
                    "changes": {
                      "rule": "repeated",
                      "type": "ConfigChange",
                      "id": 7
                    },
                    "running": {
                      "type": "bool",
                      "id": 8
                    },
                    "recreatedDependents": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 9
                    },
                    "gateTimeoutMs": {
                      "type": "uint64",
                      "id": 10
                    },
                    "before": {
                      "type": "Observation",
                      "id": 11
                    },
                    "after": {
                      "type": "Observation",
                      "id": 12
                    }
                  }
                },
                "ConfigChange": {
                  "fields": {
                    "field": {
                      "type": "string",
                      "id": 1
                    },
                    "origin": {
                      "type": "ChangeOrigin",
                      "id": 2
                    },
                    "beforeJson": {
                      "type": "string",
                      "id": 3
                    },
                    "afterJson": {
                      "type": "string",
                      "id": 4
                    }
                  }
                },
                "ChangeOrigin": {
                  "values": {
                    "CHANGE_ORIGIN_UNSPECIFIED": 0,
                    "CHANGE_ORIGIN_KEPT": 1,
                    "CHANGE_ORIGIN_FROM_IMAGE": 2,
                    "CHANGE_ORIGIN_BY_PLAN": 3
                  }
                },
                "Rollback": {
                  "fields": {
                    "serviceId": {
                      "type": "string",
                      "id": 1
                    },
                    "containerName": {
                      "type": "string",
                      "id": 2
                    },
                    "runCommandId": {
                      "type": "string",
                      "id": 3
                    },
                    "reference": {
                      "type": "string",
                      "id": 4
                    },
                    "specJson": {
                      "type": "string",
                      "id": 5
                    },
                    "credentials": {
                      "type": "Credentials",
                      "id": 6
                    },
                    "order": {
                      "type": "DeployOrder",
                      "id": 7
                    },
                    "gate": {
                      "type": "HealthGate",
                      "id": 8
                    },
                    "signatures": {
                      "type": "ImageSignatures",
                      "id": 9
                    }
                  }
                },
                "RollbackResult": {
                  "fields": {
                    "containerId": {
                      "type": "string",
                      "id": 1
                    },
                    "imageId": {
                      "type": "string",
                      "id": 2
                    },
                    "outcome": {
                      "type": "string",
                      "id": 3
                    },
                    "downtimeMs": {
                      "type": "int64",
                      "id": 4
                    },
                    "before": {
                      "type": "Observation",
                      "id": 5
                    },
                    "after": {
                      "type": "Observation",
                      "id": 6
                    }
                  }
                },
                "Job": {
                  "fields": {
                    "serviceId": {
                      "type": "string",
                      "id": 1
                    },
                    "containerName": {
                      "type": "string",
                      "id": 2
                    },
                    "reference": {
                      "type": "string",
                      "id": 3
                    },
                    "command": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 4
                    },
                    "timeoutMs": {
                      "type": "uint64",
                      "id": 5
                    },
                    "specJson": {
                      "type": "string",
                      "id": 6
                    },
                    "expectedImageIds": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 7
                    },
                    "signatures": {
                      "type": "ImageSignatures",
                      "id": 8
                    }
                  }
                },
                "JobResult": {
                  "fields": {
                    "durationMs": {
                      "type": "uint64",
                      "id": 1
                    },
                    "logLines": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 2
                    }
                  }
                },
                "Commit": {
                  "fields": {
                    "serviceId": {
                      "type": "string",
                      "id": 1
                    },
                    "containerName": {
                      "type": "string",
                      "id": 2
                    },
                    "runCommandIds": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 3
                    },
                    "currentImageId": {
                      "type": "string",
                      "id": 4
                    },
                    "previousImageId": {
                      "type": "string",
                      "id": 5
                    }
                  }
                },
                "CommitResult": {
                  "fields": {
                    "removed": {
                      "type": "uint32",
                      "id": 1
                    }
                  }
                },
                "PruneMode": {
                  "values": {
                    "PRUNE_MODE_UNSPECIFIED": 0,
                    "PRUNE_MODE_DANGLING": 1,
                    "PRUNE_MODE_ALL": 2
                  }
                },
                "Prune": {
                  "fields": {
                    "mode": {
                      "type": "PruneMode",
                      "id": 1
                    },
                    "protect": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 2
                    }
                  }
                },
                "PruneResult": {
                  "fields": {
                    "spaceReclaimedBytes": {
                      "type": "uint64",
                      "id": 1
                    },
                    "imagesDeleted": {
                      "type": "uint32",
                      "id": 2
                    }
                  }
                },
                "PruneEstimate": {
                  "fields": {
                    "mode": {
                      "type": "PruneMode",
                      "id": 1
                    },
                    "protect": {
                      "rule": "repeated",
                      "type": "string",
                      "id": 2
                    }
                  }
                },
                "PruneEstimateResult": {
                  "fields": {
                    "spaceReclaimableBytes": {
                      "type": "uint64",
                      "id": 1
                    },
                    "images": {
                      "type": "uint32",
                      "id": 2
                    }
                  }
                },
                "HealthGate": {
                  "fields": {
                    "waitMs": {
                      "type": "uint32",
                      "id": 1
                    },
                    "retries": {
                      "type": "uint32",
                      "id": 2
                    },
                    "intervalMs": {
                      "type": "uint32",
                      "id": 3
                    },
                    "url": {
                      "type": "string",
                      "id": 4
                    },
                    "probe": {
                      "type": "string",
                      "id": 5
                    },
                    "waitMsSet": {
                      "type": "bool",
                      "id": 6
                    }
                  }
                },
                "Probe": {
                  "fields": {
                    "serviceId": {
                      "type": "string",
                      "id": 1
                    },
                    "containerName": {
                      "type": "string",
                      "id": 2
                    },
                    "gate": {
                      "type": "HealthGate",
                      "id": 3
                    },
                    "once": {
                      "type": "bool",
                      "id": 4
                    }
                  }
                },
                "ProbeResult": {
                  "fields": {
                    "method": {
                      "type": "string",
                      "id": 1
                    },
                    "detail": {
                      "type": "string",
                      "id": 2
                    },
                    "durationMs": {
                      "type": "uint64",
                      "id": 3
                    },
                    "attempts": {
                      "type": "uint32",
                      "id": 4
                    },
                    "health": {
                      "type": "HealthState",
                      "id": 5
                    },
                    "state": {
                      "type": "ContainerState",
                      "id": 6
                    }
                  }
                },
                "LifecycleAction": {
                  "values": {
                    "LIFECYCLE_ACTION_UNSPECIFIED": 0,
                    "LIFECYCLE_ACTION_START": 1,
                    "LIFECYCLE_ACTION_STOP": 2,
                    "LIFECYCLE_ACTION_RESTART": 3
                  }
                },
                "Lifecycle": {
                  "fields": {
                    "containerName": {
                      "type": "string",
                      "id": 1
                    },
                    "action": {
                      "type": "LifecycleAction",
                      "id": 2
                    }
                  }
                },
                "LifecycleResult": {
                  "fields": {
                    "state": {
                      "type": "ContainerState",
                      "id": 1
                    }
                  }
                },
                "Cancel": {
                  "fields": {
                    "commandId": {
                      "type": "string",
                      "id": 1
                    }
                  }
                },
                "CancelResult": {
                  "fields": {
                    "cancelled": {
                      "type": "bool",
                      "id": 1
                    }
                  }
                },
                "FetchLogs": {
                  "fields": {
                    "containerName": {
                      "type": "string",
                      "id": 1
                    },
                    "tail": {
                      "type": "uint32",
                      "id": 2
                    },
                    "sinceMs": {
                      "type": "int64",
                      "id": 3
                    }
                  }
                },
                "LogsResult": {
                  "fields": {
                    "lines": {
                      "rule": "repeated",
                      "type": "LogLine",
                      "id": 1
                    },
                    "truncated": {
                      "type": "bool",
                      "id": 2
                    }
                  }
                },
                "LogLine": {
                  "fields": {
                    "atMs": {
                      "type": "int64",
                      "id": 1
                    },
                    "stream": {
                      "type": "string",
                      "id": 2
                    },
                    "text": {
                      "type": "string",
                      "id": 3
                    }
                  }
                },
                "LogStart": {
                  "fields": {
                    "followId": {
                      "type": "string",
                      "id": 1
                    },
                    "containerName": {
                      "type": "string",
                      "id": 2
                    },
                    "tail": {
                      "type": "uint32",
                      "id": 3
                    },
                    "sinceMs": {
                      "type": "int64",
                      "id": 4
                    },
                    "credit": {
                      "type": "uint32",
                      "id": 5
                    }
                  }
                },
                "LogCredit": {
                  "fields": {
                    "followId": {
                      "type": "string",
                      "id": 1
                    },
                    "lines": {
                      "type": "uint32",
                      "id": 2
                    }
                  }
                },
                "LogStop": {
                  "fields": {
                    "followId": {
                      "type": "string",
                      "id": 1
                    }
                  }
                },
                "LogChunk": {
                  "fields": {
                    "followId": {
                      "type": "string",
                      "id": 1
                    },
                    "lines": {
                      "rule": "repeated",
                      "type": "LogLine",
                      "id": 2
                    },
                    "end": {
                      "type": "bool",
                      "id": 3
                    },
                    "error": {
                      "type": "string",
                      "id": 4
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
};
export default descriptor;
