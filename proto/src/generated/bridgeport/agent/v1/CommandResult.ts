// Original file: bridgeport/agent/v1/agent.proto

import type { Failure as _bridgeport_agent_v1_Failure, Failure__Output as _bridgeport_agent_v1_Failure__Output } from '../../../bridgeport/agent/v1/Failure.ts';
import type { PullResult as _bridgeport_agent_v1_PullResult, PullResult__Output as _bridgeport_agent_v1_PullResult__Output } from '../../../bridgeport/agent/v1/PullResult.ts';
import type { RunResult as _bridgeport_agent_v1_RunResult, RunResult__Output as _bridgeport_agent_v1_RunResult__Output } from '../../../bridgeport/agent/v1/RunResult.ts';
import type { RollbackResult as _bridgeport_agent_v1_RollbackResult, RollbackResult__Output as _bridgeport_agent_v1_RollbackResult__Output } from '../../../bridgeport/agent/v1/RollbackResult.ts';
import type { CommitResult as _bridgeport_agent_v1_CommitResult, CommitResult__Output as _bridgeport_agent_v1_CommitResult__Output } from '../../../bridgeport/agent/v1/CommitResult.ts';
import type { PruneResult as _bridgeport_agent_v1_PruneResult, PruneResult__Output as _bridgeport_agent_v1_PruneResult__Output } from '../../../bridgeport/agent/v1/PruneResult.ts';
import type { ProbeResult as _bridgeport_agent_v1_ProbeResult, ProbeResult__Output as _bridgeport_agent_v1_ProbeResult__Output } from '../../../bridgeport/agent/v1/ProbeResult.ts';
import type { LifecycleResult as _bridgeport_agent_v1_LifecycleResult, LifecycleResult__Output as _bridgeport_agent_v1_LifecycleResult__Output } from '../../../bridgeport/agent/v1/LifecycleResult.ts';
import type { CancelResult as _bridgeport_agent_v1_CancelResult, CancelResult__Output as _bridgeport_agent_v1_CancelResult__Output } from '../../../bridgeport/agent/v1/CancelResult.ts';
import type { LogsResult as _bridgeport_agent_v1_LogsResult, LogsResult__Output as _bridgeport_agent_v1_LogsResult__Output } from '../../../bridgeport/agent/v1/LogsResult.ts';
import type { PruneEstimateResult as _bridgeport_agent_v1_PruneEstimateResult, PruneEstimateResult__Output as _bridgeport_agent_v1_PruneEstimateResult__Output } from '../../../bridgeport/agent/v1/PruneEstimateResult.ts';
import type { JobResult as _bridgeport_agent_v1_JobResult, JobResult__Output as _bridgeport_agent_v1_JobResult__Output } from '../../../bridgeport/agent/v1/JobResult.ts';
import type { Phase as _bridgeport_agent_v1_Phase, Phase__Output as _bridgeport_agent_v1_Phase__Output } from '../../../bridgeport/agent/v1/Phase.ts';
import type { Long } from '@grpc/proto-loader';

export interface CommandResult {
  'commandId'?: (string);
  'ok'?: (boolean);
  'failure'?: (_bridgeport_agent_v1_Failure | null);
  'startedAtMs'?: (number | string | Long);
  'finishedAtMs'?: (number | string | Long);
  'pull'?: (_bridgeport_agent_v1_PullResult | null);
  'run'?: (_bridgeport_agent_v1_RunResult | null);
  'rollback'?: (_bridgeport_agent_v1_RollbackResult | null);
  'commit'?: (_bridgeport_agent_v1_CommitResult | null);
  'prune'?: (_bridgeport_agent_v1_PruneResult | null);
  'probe'?: (_bridgeport_agent_v1_ProbeResult | null);
  'lifecycle'?: (_bridgeport_agent_v1_LifecycleResult | null);
  'cancel'?: (_bridgeport_agent_v1_CancelResult | null);
  'logs'?: (_bridgeport_agent_v1_LogsResult | null);
  'pruneEstimate'?: (_bridgeport_agent_v1_PruneEstimateResult | null);
  'job'?: (_bridgeport_agent_v1_JobResult | null);
  'phases'?: (_bridgeport_agent_v1_Phase)[];
  'body'?: "pull"|"run"|"rollback"|"commit"|"prune"|"probe"|"lifecycle"|"cancel"|"logs"|"pruneEstimate"|"job";
}

export interface CommandResult__Output {
  'commandId': (string);
  'ok': (boolean);
  'failure': (_bridgeport_agent_v1_Failure__Output | null);
  'startedAtMs': (number);
  'finishedAtMs': (number);
  'pull'?: (_bridgeport_agent_v1_PullResult__Output | null);
  'run'?: (_bridgeport_agent_v1_RunResult__Output | null);
  'rollback'?: (_bridgeport_agent_v1_RollbackResult__Output | null);
  'commit'?: (_bridgeport_agent_v1_CommitResult__Output | null);
  'prune'?: (_bridgeport_agent_v1_PruneResult__Output | null);
  'probe'?: (_bridgeport_agent_v1_ProbeResult__Output | null);
  'lifecycle'?: (_bridgeport_agent_v1_LifecycleResult__Output | null);
  'cancel'?: (_bridgeport_agent_v1_CancelResult__Output | null);
  'logs'?: (_bridgeport_agent_v1_LogsResult__Output | null);
  'pruneEstimate'?: (_bridgeport_agent_v1_PruneEstimateResult__Output | null);
  'job'?: (_bridgeport_agent_v1_JobResult__Output | null);
  'phases': (_bridgeport_agent_v1_Phase__Output)[];
  'body'?: "pull"|"run"|"rollback"|"commit"|"prune"|"probe"|"lifecycle"|"cancel"|"logs"|"pruneEstimate"|"job";
}
