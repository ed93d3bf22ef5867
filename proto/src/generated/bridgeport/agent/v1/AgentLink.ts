// Original file: bridgeport/agent/v1/agent.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AgentMessage as _bridgeport_agent_v1_AgentMessage, AgentMessage__Output as _bridgeport_agent_v1_AgentMessage__Output } from '../../../bridgeport/agent/v1/AgentMessage.ts';
import type { ControlMessage as _bridgeport_agent_v1_ControlMessage, ControlMessage__Output as _bridgeport_agent_v1_ControlMessage__Output } from '../../../bridgeport/agent/v1/ControlMessage.ts';
import type { DownloadPart as _bridgeport_agent_v1_DownloadPart, DownloadPart__Output as _bridgeport_agent_v1_DownloadPart__Output } from '../../../bridgeport/agent/v1/DownloadPart.ts';
import type { DownloadRequest as _bridgeport_agent_v1_DownloadRequest, DownloadRequest__Output as _bridgeport_agent_v1_DownloadRequest__Output } from '../../../bridgeport/agent/v1/DownloadRequest.ts';
import type { EnrollRequest as _bridgeport_agent_v1_EnrollRequest, EnrollRequest__Output as _bridgeport_agent_v1_EnrollRequest__Output } from '../../../bridgeport/agent/v1/EnrollRequest.ts';
import type { EnrollResponse as _bridgeport_agent_v1_EnrollResponse, EnrollResponse__Output as _bridgeport_agent_v1_EnrollResponse__Output } from '../../../bridgeport/agent/v1/EnrollResponse.ts';

export interface AgentLinkClient extends grpc.Client {
  Connect(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_bridgeport_agent_v1_AgentMessage, _bridgeport_agent_v1_ControlMessage__Output>;
  Connect(options?: grpc.CallOptions): grpc.ClientDuplexStream<_bridgeport_agent_v1_AgentMessage, _bridgeport_agent_v1_ControlMessage__Output>;
  connect(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_bridgeport_agent_v1_AgentMessage, _bridgeport_agent_v1_ControlMessage__Output>;
  connect(options?: grpc.CallOptions): grpc.ClientDuplexStream<_bridgeport_agent_v1_AgentMessage, _bridgeport_agent_v1_ControlMessage__Output>;
  
  Download(argument: _bridgeport_agent_v1_DownloadRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bridgeport_agent_v1_DownloadPart__Output>;
  Download(argument: _bridgeport_agent_v1_DownloadRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_bridgeport_agent_v1_DownloadPart__Output>;
  download(argument: _bridgeport_agent_v1_DownloadRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_bridgeport_agent_v1_DownloadPart__Output>;
  download(argument: _bridgeport_agent_v1_DownloadRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_bridgeport_agent_v1_DownloadPart__Output>;
  
  Enroll(argument: _bridgeport_agent_v1_EnrollRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bridgeport_agent_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  Enroll(argument: _bridgeport_agent_v1_EnrollRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bridgeport_agent_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  Enroll(argument: _bridgeport_agent_v1_EnrollRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bridgeport_agent_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  Enroll(argument: _bridgeport_agent_v1_EnrollRequest, callback: grpc.requestCallback<_bridgeport_agent_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  enroll(argument: _bridgeport_agent_v1_EnrollRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bridgeport_agent_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  enroll(argument: _bridgeport_agent_v1_EnrollRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bridgeport_agent_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  enroll(argument: _bridgeport_agent_v1_EnrollRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bridgeport_agent_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  enroll(argument: _bridgeport_agent_v1_EnrollRequest, callback: grpc.requestCallback<_bridgeport_agent_v1_EnrollResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface AgentLinkHandlers extends grpc.UntypedServiceImplementation {
  Connect: grpc.handleBidiStreamingCall<_bridgeport_agent_v1_AgentMessage__Output, _bridgeport_agent_v1_ControlMessage>;
  
  Download: grpc.handleServerStreamingCall<_bridgeport_agent_v1_DownloadRequest__Output, _bridgeport_agent_v1_DownloadPart>;
  
  Enroll: grpc.handleUnaryCall<_bridgeport_agent_v1_EnrollRequest__Output, _bridgeport_agent_v1_EnrollResponse>;
  
}

export interface AgentLinkDefinition extends grpc.ServiceDefinition {
  Connect: MethodDefinition<_bridgeport_agent_v1_AgentMessage, _bridgeport_agent_v1_ControlMessage, _bridgeport_agent_v1_AgentMessage__Output, _bridgeport_agent_v1_ControlMessage__Output>
  Download: MethodDefinition<_bridgeport_agent_v1_DownloadRequest, _bridgeport_agent_v1_DownloadPart, _bridgeport_agent_v1_DownloadRequest__Output, _bridgeport_agent_v1_DownloadPart__Output>
  Enroll: MethodDefinition<_bridgeport_agent_v1_EnrollRequest, _bridgeport_agent_v1_EnrollResponse, _bridgeport_agent_v1_EnrollRequest__Output, _bridgeport_agent_v1_EnrollResponse__Output>
}
