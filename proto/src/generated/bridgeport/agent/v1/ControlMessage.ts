// Original file: bridgeport/agent/v1/agent.proto

import type { Welcome as _bridgeport_agent_v1_Welcome, Welcome__Output as _bridgeport_agent_v1_Welcome__Output } from '../../../bridgeport/agent/v1/Welcome.ts';
import type { Command as _bridgeport_agent_v1_Command, Command__Output as _bridgeport_agent_v1_Command__Output } from '../../../bridgeport/agent/v1/Command.ts';
import type { ResultAck as _bridgeport_agent_v1_ResultAck, ResultAck__Output as _bridgeport_agent_v1_ResultAck__Output } from '../../../bridgeport/agent/v1/ResultAck.ts';
import type { InventoryRequest as _bridgeport_agent_v1_InventoryRequest, InventoryRequest__Output as _bridgeport_agent_v1_InventoryRequest__Output } from '../../../bridgeport/agent/v1/InventoryRequest.ts';
import type { LogStart as _bridgeport_agent_v1_LogStart, LogStart__Output as _bridgeport_agent_v1_LogStart__Output } from '../../../bridgeport/agent/v1/LogStart.ts';
import type { LogStop as _bridgeport_agent_v1_LogStop, LogStop__Output as _bridgeport_agent_v1_LogStop__Output } from '../../../bridgeport/agent/v1/LogStop.ts';
import type { Certificate as _bridgeport_agent_v1_Certificate, Certificate__Output as _bridgeport_agent_v1_Certificate__Output } from '../../../bridgeport/agent/v1/Certificate.ts';
import type { Goodbye as _bridgeport_agent_v1_Goodbye, Goodbye__Output as _bridgeport_agent_v1_Goodbye__Output } from '../../../bridgeport/agent/v1/Goodbye.ts';
import type { LogCredit as _bridgeport_agent_v1_LogCredit, LogCredit__Output as _bridgeport_agent_v1_LogCredit__Output } from '../../../bridgeport/agent/v1/LogCredit.ts';
import type { CommandCredentials as _bridgeport_agent_v1_CommandCredentials, CommandCredentials__Output as _bridgeport_agent_v1_CommandCredentials__Output } from '../../../bridgeport/agent/v1/CommandCredentials.ts';
import type { Authorities as _bridgeport_agent_v1_Authorities, Authorities__Output as _bridgeport_agent_v1_Authorities__Output } from '../../../bridgeport/agent/v1/Authorities.ts';
import type { Upgrade as _bridgeport_agent_v1_Upgrade, Upgrade__Output as _bridgeport_agent_v1_Upgrade__Output } from '../../../bridgeport/agent/v1/Upgrade.ts';

export interface ControlMessage {
  'welcome'?: (_bridgeport_agent_v1_Welcome | null);
  'command'?: (_bridgeport_agent_v1_Command | null);
  'resultAck'?: (_bridgeport_agent_v1_ResultAck | null);
  'inventoryRequest'?: (_bridgeport_agent_v1_InventoryRequest | null);
  'logStart'?: (_bridgeport_agent_v1_LogStart | null);
  'logStop'?: (_bridgeport_agent_v1_LogStop | null);
  'certificate'?: (_bridgeport_agent_v1_Certificate | null);
  'goodbye'?: (_bridgeport_agent_v1_Goodbye | null);
  'logCredit'?: (_bridgeport_agent_v1_LogCredit | null);
  'credentials'?: (_bridgeport_agent_v1_CommandCredentials | null);
  'authorities'?: (_bridgeport_agent_v1_Authorities | null);
  'upgrade'?: (_bridgeport_agent_v1_Upgrade | null);
  'body'?: "welcome"|"command"|"resultAck"|"inventoryRequest"|"logStart"|"logStop"|"certificate"|"goodbye"|"logCredit"|"credentials"|"authorities"|"upgrade";
}

export interface ControlMessage__Output {
  'welcome'?: (_bridgeport_agent_v1_Welcome__Output | null);
  'command'?: (_bridgeport_agent_v1_Command__Output | null);
  'resultAck'?: (_bridgeport_agent_v1_ResultAck__Output | null);
  'inventoryRequest'?: (_bridgeport_agent_v1_InventoryRequest__Output | null);
  'logStart'?: (_bridgeport_agent_v1_LogStart__Output | null);
  'logStop'?: (_bridgeport_agent_v1_LogStop__Output | null);
  'certificate'?: (_bridgeport_agent_v1_Certificate__Output | null);
  'goodbye'?: (_bridgeport_agent_v1_Goodbye__Output | null);
  'logCredit'?: (_bridgeport_agent_v1_LogCredit__Output | null);
  'credentials'?: (_bridgeport_agent_v1_CommandCredentials__Output | null);
  'authorities'?: (_bridgeport_agent_v1_Authorities__Output | null);
  'upgrade'?: (_bridgeport_agent_v1_Upgrade__Output | null);
  'body'?: "welcome"|"command"|"resultAck"|"inventoryRequest"|"logStart"|"logStop"|"certificate"|"goodbye"|"logCredit"|"credentials"|"authorities"|"upgrade";
}
