// Original file: bridgeport/agent/v1/agent.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AgentMessage as _bridgeport_agent_v1_AgentMessage, AgentMessage__Output as _bridgeport_agent_v1_AgentMessage__Output } from '../../../bridgeport/agent/v1/AgentMessage.ts';
import type { ControlMessage as _bridgeport_agent_v1_ControlMessage, ControlMessage__Output as _bridgeport_agent_v1_ControlMessage__Output } from '../../../bridgeport/agent/v1/ControlMessage.ts';

export interface AgentLinkClient extends grpc.Client {
  Connect(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_bridgeport_agent_v1_AgentMessage, _bridgeport_agent_v1_ControlMessage__Output>;
  Connect(options?: grpc.CallOptions): grpc.ClientDuplexStream<_bridgeport_agent_v1_AgentMessage, _bridgeport_agent_v1_ControlMessage__Output>;
  connect(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_bridgeport_agent_v1_AgentMessage, _bridgeport_agent_v1_ControlMessage__Output>;
  connect(options?: grpc.CallOptions): grpc.ClientDuplexStream<_bridgeport_agent_v1_AgentMessage, _bridgeport_agent_v1_ControlMessage__Output>;
  
}

export interface AgentLinkHandlers extends grpc.UntypedServiceImplementation {
  Connect: grpc.handleBidiStreamingCall<_bridgeport_agent_v1_AgentMessage__Output, _bridgeport_agent_v1_ControlMessage>;
  
}

export interface AgentLinkDefinition extends grpc.ServiceDefinition {
  Connect: MethodDefinition<_bridgeport_agent_v1_AgentMessage, _bridgeport_agent_v1_ControlMessage, _bridgeport_agent_v1_AgentMessage__Output, _bridgeport_agent_v1_ControlMessage__Output>
}
