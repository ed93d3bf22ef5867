import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AgentLinkClient as _bridgeport_agent_v1_AgentLinkClient, AgentLinkDefinition as _bridgeport_agent_v1_AgentLinkDefinition } from './bridgeport/agent/v1/AgentLink.ts';
import type { AgentMessage as _bridgeport_agent_v1_AgentMessage, AgentMessage__Output as _bridgeport_agent_v1_AgentMessage__Output } from './bridgeport/agent/v1/AgentMessage.ts';
import type { Authorities as _bridgeport_agent_v1_Authorities, Authorities__Output as _bridgeport_agent_v1_Authorities__Output } from './bridgeport/agent/v1/Authorities.ts';
import type { Cancel as _bridgeport_agent_v1_Cancel, Cancel__Output as _bridgeport_agent_v1_Cancel__Output } from './bridgeport/agent/v1/Cancel.ts';
import type { CancelResult as _bridgeport_agent_v1_CancelResult, CancelResult__Output as _bridgeport_agent_v1_CancelResult__Output } from './bridgeport/agent/v1/CancelResult.ts';
import type { Certificate as _bridgeport_agent_v1_Certificate, Certificate__Output as _bridgeport_agent_v1_Certificate__Output } from './bridgeport/agent/v1/Certificate.ts';
import type { Command as _bridgeport_agent_v1_Command, Command__Output as _bridgeport_agent_v1_Command__Output } from './bridgeport/agent/v1/Command.ts';
import type { CommandAccepted as _bridgeport_agent_v1_CommandAccepted, CommandAccepted__Output as _bridgeport_agent_v1_CommandAccepted__Output } from './bridgeport/agent/v1/CommandAccepted.ts';
import type { CommandCredentials as _bridgeport_agent_v1_CommandCredentials, CommandCredentials__Output as _bridgeport_agent_v1_CommandCredentials__Output } from './bridgeport/agent/v1/CommandCredentials.ts';
import type { CommandProgress as _bridgeport_agent_v1_CommandProgress, CommandProgress__Output as _bridgeport_agent_v1_CommandProgress__Output } from './bridgeport/agent/v1/CommandProgress.ts';
import type { CommandResult as _bridgeport_agent_v1_CommandResult, CommandResult__Output as _bridgeport_agent_v1_CommandResult__Output } from './bridgeport/agent/v1/CommandResult.ts';
import type { Commit as _bridgeport_agent_v1_Commit, Commit__Output as _bridgeport_agent_v1_Commit__Output } from './bridgeport/agent/v1/Commit.ts';
import type { CommitResult as _bridgeport_agent_v1_CommitResult, CommitResult__Output as _bridgeport_agent_v1_CommitResult__Output } from './bridgeport/agent/v1/CommitResult.ts';
import type { ConfigChange as _bridgeport_agent_v1_ConfigChange, ConfigChange__Output as _bridgeport_agent_v1_ConfigChange__Output } from './bridgeport/agent/v1/ConfigChange.ts';
import type { Container as _bridgeport_agent_v1_Container, Container__Output as _bridgeport_agent_v1_Container__Output } from './bridgeport/agent/v1/Container.ts';
import type { ContainerChange as _bridgeport_agent_v1_ContainerChange, ContainerChange__Output as _bridgeport_agent_v1_ContainerChange__Output } from './bridgeport/agent/v1/ContainerChange.ts';
import type { ControlMessage as _bridgeport_agent_v1_ControlMessage, ControlMessage__Output as _bridgeport_agent_v1_ControlMessage__Output } from './bridgeport/agent/v1/ControlMessage.ts';
import type { Credentials as _bridgeport_agent_v1_Credentials, Credentials__Output as _bridgeport_agent_v1_Credentials__Output } from './bridgeport/agent/v1/Credentials.ts';
import type { CredentialsRequest as _bridgeport_agent_v1_CredentialsRequest, CredentialsRequest__Output as _bridgeport_agent_v1_CredentialsRequest__Output } from './bridgeport/agent/v1/CredentialsRequest.ts';
import type { DownloadPart as _bridgeport_agent_v1_DownloadPart, DownloadPart__Output as _bridgeport_agent_v1_DownloadPart__Output } from './bridgeport/agent/v1/DownloadPart.ts';
import type { DownloadRequest as _bridgeport_agent_v1_DownloadRequest, DownloadRequest__Output as _bridgeport_agent_v1_DownloadRequest__Output } from './bridgeport/agent/v1/DownloadRequest.ts';
import type { EnrollRequest as _bridgeport_agent_v1_EnrollRequest, EnrollRequest__Output as _bridgeport_agent_v1_EnrollRequest__Output } from './bridgeport/agent/v1/EnrollRequest.ts';
import type { EnrollResponse as _bridgeport_agent_v1_EnrollResponse, EnrollResponse__Output as _bridgeport_agent_v1_EnrollResponse__Output } from './bridgeport/agent/v1/EnrollResponse.ts';
import type { Failure as _bridgeport_agent_v1_Failure, Failure__Output as _bridgeport_agent_v1_Failure__Output } from './bridgeport/agent/v1/Failure.ts';
import type { FetchLogs as _bridgeport_agent_v1_FetchLogs, FetchLogs__Output as _bridgeport_agent_v1_FetchLogs__Output } from './bridgeport/agent/v1/FetchLogs.ts';
import type { Goodbye as _bridgeport_agent_v1_Goodbye, Goodbye__Output as _bridgeport_agent_v1_Goodbye__Output } from './bridgeport/agent/v1/Goodbye.ts';
import type { HealthGate as _bridgeport_agent_v1_HealthGate, HealthGate__Output as _bridgeport_agent_v1_HealthGate__Output } from './bridgeport/agent/v1/HealthGate.ts';
import type { Hello as _bridgeport_agent_v1_Hello, Hello__Output as _bridgeport_agent_v1_Hello__Output } from './bridgeport/agent/v1/Hello.ts';
import type { HostStatus as _bridgeport_agent_v1_HostStatus, HostStatus__Output as _bridgeport_agent_v1_HostStatus__Output } from './bridgeport/agent/v1/HostStatus.ts';
import type { ImageSignature as _bridgeport_agent_v1_ImageSignature, ImageSignature__Output as _bridgeport_agent_v1_ImageSignature__Output } from './bridgeport/agent/v1/ImageSignature.ts';
import type { ImageSignatures as _bridgeport_agent_v1_ImageSignatures, ImageSignatures__Output as _bridgeport_agent_v1_ImageSignatures__Output } from './bridgeport/agent/v1/ImageSignatures.ts';
import type { Inventory as _bridgeport_agent_v1_Inventory, Inventory__Output as _bridgeport_agent_v1_Inventory__Output } from './bridgeport/agent/v1/Inventory.ts';
import type { InventoryRequest as _bridgeport_agent_v1_InventoryRequest, InventoryRequest__Output as _bridgeport_agent_v1_InventoryRequest__Output } from './bridgeport/agent/v1/InventoryRequest.ts';
import type { Job as _bridgeport_agent_v1_Job, Job__Output as _bridgeport_agent_v1_Job__Output } from './bridgeport/agent/v1/Job.ts';
import type { JobResult as _bridgeport_agent_v1_JobResult, JobResult__Output as _bridgeport_agent_v1_JobResult__Output } from './bridgeport/agent/v1/JobResult.ts';
import type { Lifecycle as _bridgeport_agent_v1_Lifecycle, Lifecycle__Output as _bridgeport_agent_v1_Lifecycle__Output } from './bridgeport/agent/v1/Lifecycle.ts';
import type { LifecycleResult as _bridgeport_agent_v1_LifecycleResult, LifecycleResult__Output as _bridgeport_agent_v1_LifecycleResult__Output } from './bridgeport/agent/v1/LifecycleResult.ts';
import type { LogChunk as _bridgeport_agent_v1_LogChunk, LogChunk__Output as _bridgeport_agent_v1_LogChunk__Output } from './bridgeport/agent/v1/LogChunk.ts';
import type { LogCredit as _bridgeport_agent_v1_LogCredit, LogCredit__Output as _bridgeport_agent_v1_LogCredit__Output } from './bridgeport/agent/v1/LogCredit.ts';
import type { LogLine as _bridgeport_agent_v1_LogLine, LogLine__Output as _bridgeport_agent_v1_LogLine__Output } from './bridgeport/agent/v1/LogLine.ts';
import type { LogStart as _bridgeport_agent_v1_LogStart, LogStart__Output as _bridgeport_agent_v1_LogStart__Output } from './bridgeport/agent/v1/LogStart.ts';
import type { LogStop as _bridgeport_agent_v1_LogStop, LogStop__Output as _bridgeport_agent_v1_LogStop__Output } from './bridgeport/agent/v1/LogStop.ts';
import type { LogsResult as _bridgeport_agent_v1_LogsResult, LogsResult__Output as _bridgeport_agent_v1_LogsResult__Output } from './bridgeport/agent/v1/LogsResult.ts';
import type { Observation as _bridgeport_agent_v1_Observation, Observation__Output as _bridgeport_agent_v1_Observation__Output } from './bridgeport/agent/v1/Observation.ts';
import type { Phase as _bridgeport_agent_v1_Phase, Phase__Output as _bridgeport_agent_v1_Phase__Output } from './bridgeport/agent/v1/Phase.ts';
import type { PlannedContainer as _bridgeport_agent_v1_PlannedContainer, PlannedContainer__Output as _bridgeport_agent_v1_PlannedContainer__Output } from './bridgeport/agent/v1/PlannedContainer.ts';
import type { PolicyReport as _bridgeport_agent_v1_PolicyReport, PolicyReport__Output as _bridgeport_agent_v1_PolicyReport__Output } from './bridgeport/agent/v1/PolicyReport.ts';
import type { Port as _bridgeport_agent_v1_Port, Port__Output as _bridgeport_agent_v1_Port__Output } from './bridgeport/agent/v1/Port.ts';
import type { Probe as _bridgeport_agent_v1_Probe, Probe__Output as _bridgeport_agent_v1_Probe__Output } from './bridgeport/agent/v1/Probe.ts';
import type { ProbeResult as _bridgeport_agent_v1_ProbeResult, ProbeResult__Output as _bridgeport_agent_v1_ProbeResult__Output } from './bridgeport/agent/v1/ProbeResult.ts';
import type { Prune as _bridgeport_agent_v1_Prune, Prune__Output as _bridgeport_agent_v1_Prune__Output } from './bridgeport/agent/v1/Prune.ts';
import type { PruneEstimate as _bridgeport_agent_v1_PruneEstimate, PruneEstimate__Output as _bridgeport_agent_v1_PruneEstimate__Output } from './bridgeport/agent/v1/PruneEstimate.ts';
import type { PruneEstimateResult as _bridgeport_agent_v1_PruneEstimateResult, PruneEstimateResult__Output as _bridgeport_agent_v1_PruneEstimateResult__Output } from './bridgeport/agent/v1/PruneEstimateResult.ts';
import type { PruneResult as _bridgeport_agent_v1_PruneResult, PruneResult__Output as _bridgeport_agent_v1_PruneResult__Output } from './bridgeport/agent/v1/PruneResult.ts';
import type { Pull as _bridgeport_agent_v1_Pull, Pull__Output as _bridgeport_agent_v1_Pull__Output } from './bridgeport/agent/v1/Pull.ts';
import type { PullResult as _bridgeport_agent_v1_PullResult, PullResult__Output as _bridgeport_agent_v1_PullResult__Output } from './bridgeport/agent/v1/PullResult.ts';
import type { RenewCertificate as _bridgeport_agent_v1_RenewCertificate, RenewCertificate__Output as _bridgeport_agent_v1_RenewCertificate__Output } from './bridgeport/agent/v1/RenewCertificate.ts';
import type { ResultAck as _bridgeport_agent_v1_ResultAck, ResultAck__Output as _bridgeport_agent_v1_ResultAck__Output } from './bridgeport/agent/v1/ResultAck.ts';
import type { Rollback as _bridgeport_agent_v1_Rollback, Rollback__Output as _bridgeport_agent_v1_Rollback__Output } from './bridgeport/agent/v1/Rollback.ts';
import type { RollbackResult as _bridgeport_agent_v1_RollbackResult, RollbackResult__Output as _bridgeport_agent_v1_RollbackResult__Output } from './bridgeport/agent/v1/RollbackResult.ts';
import type { Run as _bridgeport_agent_v1_Run, Run__Output as _bridgeport_agent_v1_Run__Output } from './bridgeport/agent/v1/Run.ts';
import type { RunResult as _bridgeport_agent_v1_RunResult, RunResult__Output as _bridgeport_agent_v1_RunResult__Output } from './bridgeport/agent/v1/RunResult.ts';
import type { Upgrade as _bridgeport_agent_v1_Upgrade, Upgrade__Output as _bridgeport_agent_v1_Upgrade__Output } from './bridgeport/agent/v1/Upgrade.ts';
import type { UpgradeStatus as _bridgeport_agent_v1_UpgradeStatus, UpgradeStatus__Output as _bridgeport_agent_v1_UpgradeStatus__Output } from './bridgeport/agent/v1/UpgradeStatus.ts';
import type { Welcome as _bridgeport_agent_v1_Welcome, Welcome__Output as _bridgeport_agent_v1_Welcome__Output } from './bridgeport/agent/v1/Welcome.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bridgeport: {
    agent: {
      v1: {
        AgentLink: SubtypeConstructor<typeof grpc.Client, _bridgeport_agent_v1_AgentLinkClient> & { service: _bridgeport_agent_v1_AgentLinkDefinition }
        AgentMessage: MessageTypeDefinition<_bridgeport_agent_v1_AgentMessage, _bridgeport_agent_v1_AgentMessage__Output>
        Authorities: MessageTypeDefinition<_bridgeport_agent_v1_Authorities, _bridgeport_agent_v1_Authorities__Output>
        Cancel: MessageTypeDefinition<_bridgeport_agent_v1_Cancel, _bridgeport_agent_v1_Cancel__Output>
        CancelResult: MessageTypeDefinition<_bridgeport_agent_v1_CancelResult, _bridgeport_agent_v1_CancelResult__Output>
        Certificate: MessageTypeDefinition<_bridgeport_agent_v1_Certificate, _bridgeport_agent_v1_Certificate__Output>
        ChangeOrigin: EnumTypeDefinition
        Command: MessageTypeDefinition<_bridgeport_agent_v1_Command, _bridgeport_agent_v1_Command__Output>
        CommandAccepted: MessageTypeDefinition<_bridgeport_agent_v1_CommandAccepted, _bridgeport_agent_v1_CommandAccepted__Output>
        CommandCredentials: MessageTypeDefinition<_bridgeport_agent_v1_CommandCredentials, _bridgeport_agent_v1_CommandCredentials__Output>
        CommandProgress: MessageTypeDefinition<_bridgeport_agent_v1_CommandProgress, _bridgeport_agent_v1_CommandProgress__Output>
        CommandResult: MessageTypeDefinition<_bridgeport_agent_v1_CommandResult, _bridgeport_agent_v1_CommandResult__Output>
        Commit: MessageTypeDefinition<_bridgeport_agent_v1_Commit, _bridgeport_agent_v1_Commit__Output>
        CommitResult: MessageTypeDefinition<_bridgeport_agent_v1_CommitResult, _bridgeport_agent_v1_CommitResult__Output>
        ConfigChange: MessageTypeDefinition<_bridgeport_agent_v1_ConfigChange, _bridgeport_agent_v1_ConfigChange__Output>
        Container: MessageTypeDefinition<_bridgeport_agent_v1_Container, _bridgeport_agent_v1_Container__Output>
        ContainerChange: MessageTypeDefinition<_bridgeport_agent_v1_ContainerChange, _bridgeport_agent_v1_ContainerChange__Output>
        ContainerState: EnumTypeDefinition
        ControlMessage: MessageTypeDefinition<_bridgeport_agent_v1_ControlMessage, _bridgeport_agent_v1_ControlMessage__Output>
        Credentials: MessageTypeDefinition<_bridgeport_agent_v1_Credentials, _bridgeport_agent_v1_Credentials__Output>
        CredentialsRequest: MessageTypeDefinition<_bridgeport_agent_v1_CredentialsRequest, _bridgeport_agent_v1_CredentialsRequest__Output>
        DeployOrder: EnumTypeDefinition
        DownloadPart: MessageTypeDefinition<_bridgeport_agent_v1_DownloadPart, _bridgeport_agent_v1_DownloadPart__Output>
        DownloadRequest: MessageTypeDefinition<_bridgeport_agent_v1_DownloadRequest, _bridgeport_agent_v1_DownloadRequest__Output>
        EnrollRequest: MessageTypeDefinition<_bridgeport_agent_v1_EnrollRequest, _bridgeport_agent_v1_EnrollRequest__Output>
        EnrollResponse: MessageTypeDefinition<_bridgeport_agent_v1_EnrollResponse, _bridgeport_agent_v1_EnrollResponse__Output>
        Failure: MessageTypeDefinition<_bridgeport_agent_v1_Failure, _bridgeport_agent_v1_Failure__Output>
        FetchLogs: MessageTypeDefinition<_bridgeport_agent_v1_FetchLogs, _bridgeport_agent_v1_FetchLogs__Output>
        Goodbye: MessageTypeDefinition<_bridgeport_agent_v1_Goodbye, _bridgeport_agent_v1_Goodbye__Output>
        HealthGate: MessageTypeDefinition<_bridgeport_agent_v1_HealthGate, _bridgeport_agent_v1_HealthGate__Output>
        HealthState: EnumTypeDefinition
        Hello: MessageTypeDefinition<_bridgeport_agent_v1_Hello, _bridgeport_agent_v1_Hello__Output>
        HostStatus: MessageTypeDefinition<_bridgeport_agent_v1_HostStatus, _bridgeport_agent_v1_HostStatus__Output>
        ImageSignature: MessageTypeDefinition<_bridgeport_agent_v1_ImageSignature, _bridgeport_agent_v1_ImageSignature__Output>
        ImageSignatures: MessageTypeDefinition<_bridgeport_agent_v1_ImageSignatures, _bridgeport_agent_v1_ImageSignatures__Output>
        Inventory: MessageTypeDefinition<_bridgeport_agent_v1_Inventory, _bridgeport_agent_v1_Inventory__Output>
        InventoryRequest: MessageTypeDefinition<_bridgeport_agent_v1_InventoryRequest, _bridgeport_agent_v1_InventoryRequest__Output>
        Job: MessageTypeDefinition<_bridgeport_agent_v1_Job, _bridgeport_agent_v1_Job__Output>
        JobResult: MessageTypeDefinition<_bridgeport_agent_v1_JobResult, _bridgeport_agent_v1_JobResult__Output>
        Lifecycle: MessageTypeDefinition<_bridgeport_agent_v1_Lifecycle, _bridgeport_agent_v1_Lifecycle__Output>
        LifecycleAction: EnumTypeDefinition
        LifecycleResult: MessageTypeDefinition<_bridgeport_agent_v1_LifecycleResult, _bridgeport_agent_v1_LifecycleResult__Output>
        LogChunk: MessageTypeDefinition<_bridgeport_agent_v1_LogChunk, _bridgeport_agent_v1_LogChunk__Output>
        LogCredit: MessageTypeDefinition<_bridgeport_agent_v1_LogCredit, _bridgeport_agent_v1_LogCredit__Output>
        LogLine: MessageTypeDefinition<_bridgeport_agent_v1_LogLine, _bridgeport_agent_v1_LogLine__Output>
        LogStart: MessageTypeDefinition<_bridgeport_agent_v1_LogStart, _bridgeport_agent_v1_LogStart__Output>
        LogStop: MessageTypeDefinition<_bridgeport_agent_v1_LogStop, _bridgeport_agent_v1_LogStop__Output>
        LogsResult: MessageTypeDefinition<_bridgeport_agent_v1_LogsResult, _bridgeport_agent_v1_LogsResult__Output>
        Observation: MessageTypeDefinition<_bridgeport_agent_v1_Observation, _bridgeport_agent_v1_Observation__Output>
        Phase: MessageTypeDefinition<_bridgeport_agent_v1_Phase, _bridgeport_agent_v1_Phase__Output>
        PlannedContainer: MessageTypeDefinition<_bridgeport_agent_v1_PlannedContainer, _bridgeport_agent_v1_PlannedContainer__Output>
        PolicyReport: MessageTypeDefinition<_bridgeport_agent_v1_PolicyReport, _bridgeport_agent_v1_PolicyReport__Output>
        Port: MessageTypeDefinition<_bridgeport_agent_v1_Port, _bridgeport_agent_v1_Port__Output>
        Probe: MessageTypeDefinition<_bridgeport_agent_v1_Probe, _bridgeport_agent_v1_Probe__Output>
        ProbeResult: MessageTypeDefinition<_bridgeport_agent_v1_ProbeResult, _bridgeport_agent_v1_ProbeResult__Output>
        Prune: MessageTypeDefinition<_bridgeport_agent_v1_Prune, _bridgeport_agent_v1_Prune__Output>
        PruneEstimate: MessageTypeDefinition<_bridgeport_agent_v1_PruneEstimate, _bridgeport_agent_v1_PruneEstimate__Output>
        PruneEstimateResult: MessageTypeDefinition<_bridgeport_agent_v1_PruneEstimateResult, _bridgeport_agent_v1_PruneEstimateResult__Output>
        PruneMode: EnumTypeDefinition
        PruneResult: MessageTypeDefinition<_bridgeport_agent_v1_PruneResult, _bridgeport_agent_v1_PruneResult__Output>
        Pull: MessageTypeDefinition<_bridgeport_agent_v1_Pull, _bridgeport_agent_v1_Pull__Output>
        PullResult: MessageTypeDefinition<_bridgeport_agent_v1_PullResult, _bridgeport_agent_v1_PullResult__Output>
        RenewCertificate: MessageTypeDefinition<_bridgeport_agent_v1_RenewCertificate, _bridgeport_agent_v1_RenewCertificate__Output>
        ResultAck: MessageTypeDefinition<_bridgeport_agent_v1_ResultAck, _bridgeport_agent_v1_ResultAck__Output>
        Rollback: MessageTypeDefinition<_bridgeport_agent_v1_Rollback, _bridgeport_agent_v1_Rollback__Output>
        RollbackResult: MessageTypeDefinition<_bridgeport_agent_v1_RollbackResult, _bridgeport_agent_v1_RollbackResult__Output>
        Run: MessageTypeDefinition<_bridgeport_agent_v1_Run, _bridgeport_agent_v1_Run__Output>
        RunResult: MessageTypeDefinition<_bridgeport_agent_v1_RunResult, _bridgeport_agent_v1_RunResult__Output>
        Upgrade: MessageTypeDefinition<_bridgeport_agent_v1_Upgrade, _bridgeport_agent_v1_Upgrade__Output>
        UpgradeStatus: MessageTypeDefinition<_bridgeport_agent_v1_UpgradeStatus, _bridgeport_agent_v1_UpgradeStatus__Output>
        Welcome: MessageTypeDefinition<_bridgeport_agent_v1_Welcome, _bridgeport_agent_v1_Welcome__Output>
      }
    }
  }
}

