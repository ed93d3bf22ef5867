// Original file: bridgeport/agent/v1/agent.proto

import type { Pull as _bridgeport_agent_v1_Pull, Pull__Output as _bridgeport_agent_v1_Pull__Output } from '../../../bridgeport/agent/v1/Pull.ts';
import type { Run as _bridgeport_agent_v1_Run, Run__Output as _bridgeport_agent_v1_Run__Output } from '../../../bridgeport/agent/v1/Run.ts';
import type { Rollback as _bridgeport_agent_v1_Rollback, Rollback__Output as _bridgeport_agent_v1_Rollback__Output } from '../../../bridgeport/agent/v1/Rollback.ts';
import type { Commit as _bridgeport_agent_v1_Commit, Commit__Output as _bridgeport_agent_v1_Commit__Output } from '../../../bridgeport/agent/v1/Commit.ts';
import type { Prune as _bridgeport_agent_v1_Prune, Prune__Output as _bridgeport_agent_v1_Prune__Output } from '../../../bridgeport/agent/v1/Prune.ts';
import type { Probe as _bridgeport_agent_v1_Probe, Probe__Output as _bridgeport_agent_v1_Probe__Output } from '../../../bridgeport/agent/v1/Probe.ts';
import type { Lifecycle as _bridgeport_agent_v1_Lifecycle, Lifecycle__Output as _bridgeport_agent_v1_Lifecycle__Output } from '../../../bridgeport/agent/v1/Lifecycle.ts';
import type { Cancel as _bridgeport_agent_v1_Cancel, Cancel__Output as _bridgeport_agent_v1_Cancel__Output } from '../../../bridgeport/agent/v1/Cancel.ts';
import type { FetchLogs as _bridgeport_agent_v1_FetchLogs, FetchLogs__Output as _bridgeport_agent_v1_FetchLogs__Output } from '../../../bridgeport/agent/v1/FetchLogs.ts';
import type { PruneEstimate as _bridgeport_agent_v1_PruneEstimate, PruneEstimate__Output as _bridgeport_agent_v1_PruneEstimate__Output } from '../../../bridgeport/agent/v1/PruneEstimate.ts';
import type { Job as _bridgeport_agent_v1_Job, Job__Output as _bridgeport_agent_v1_Job__Output } from '../../../bridgeport/agent/v1/Job.ts';
import type { Long } from '@grpc/proto-loader';

export interface Command {
  'id'?: (string);
  'deadlineMs'?: (number | string | Long);
  'sentMs'?: (number | string | Long);
  'after'?: (string)[];
  'pull'?: (_bridgeport_agent_v1_Pull | null);
  'run'?: (_bridgeport_agent_v1_Run | null);
  'rollback'?: (_bridgeport_agent_v1_Rollback | null);
  'commit'?: (_bridgeport_agent_v1_Commit | null);
  'prune'?: (_bridgeport_agent_v1_Prune | null);
  'probe'?: (_bridgeport_agent_v1_Probe | null);
  'lifecycle'?: (_bridgeport_agent_v1_Lifecycle | null);
  'cancel'?: (_bridgeport_agent_v1_Cancel | null);
  'logs'?: (_bridgeport_agent_v1_FetchLogs | null);
  'pruneEstimate'?: (_bridgeport_agent_v1_PruneEstimate | null);
  'job'?: (_bridgeport_agent_v1_Job | null);
  'planId'?: (string);
  'body'?: "pull"|"run"|"rollback"|"commit"|"prune"|"probe"|"lifecycle"|"cancel"|"logs"|"pruneEstimate"|"job";
}

export interface Command__Output {
  'id': (string);
  'deadlineMs': (number);
  'sentMs': (number);
  'after': (string)[];
  'pull'?: (_bridgeport_agent_v1_Pull__Output | null);
  'run'?: (_bridgeport_agent_v1_Run__Output | null);
  'rollback'?: (_bridgeport_agent_v1_Rollback__Output | null);
  'commit'?: (_bridgeport_agent_v1_Commit__Output | null);
  'prune'?: (_bridgeport_agent_v1_Prune__Output | null);
  'probe'?: (_bridgeport_agent_v1_Probe__Output | null);
  'lifecycle'?: (_bridgeport_agent_v1_Lifecycle__Output | null);
  'cancel'?: (_bridgeport_agent_v1_Cancel__Output | null);
  'logs'?: (_bridgeport_agent_v1_FetchLogs__Output | null);
  'pruneEstimate'?: (_bridgeport_agent_v1_PruneEstimate__Output | null);
  'job'?: (_bridgeport_agent_v1_Job__Output | null);
  'planId': (string);
  'body'?: "pull"|"run"|"rollback"|"commit"|"prune"|"probe"|"lifecycle"|"cancel"|"logs"|"pruneEstimate"|"job";
}
