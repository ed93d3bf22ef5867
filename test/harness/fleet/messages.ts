/** One agent of the fleet: what it got when it enrolled. */
export interface JoinedAgent {
  serverId: string;
  /** host:port of the agent port */
  agentAddr: string;
  ca: string;
  privateKey: string;
  certificate: string;
}

/** What a process of agents is told. */
export type FleetOrder =
  | { kind: "agents"; agents: JoinedAgent[]; containers: number }
  | { kind: "connect" }
  /** from now on so many events a second, and of them so many that are told of one by one */
  | { kind: "rate"; perSecond: number; toldPerSecond: number }
  /** so many events at once, spread over all agents */
  | { kind: "burst"; events: number }
  /** @param forget ends and failed attempts are counted anew from now on */
  | { kind: "standing"; forget: boolean }
  | { kind: "states" };

/** A container changed. */
export interface ToldEvent {
  serverId: string;
  name: string;
  /** what it is from now on */
  state: string;
  /** epoch milliseconds */
  at: number;
}

/** A container as its agent knows it. */
export interface ContainerState {
  serverId: string;
  name: string;
  state: string;
  restartCount: number;
}

export interface Standing {
  connected: number;
  /** events since the process began */
  events: number;
  /** ends and failed attempts since all were connected last: of each reason how many agents, and how often at most for one */
  ends: Record<string, { agents: number; most: number }>;
}

/** What a process of agents says. */
export type FleetAnswer =
  | { kind: "ready" }
  | { kind: "told"; event: ToldEvent }
  | ({ kind: "standing" } & Standing)
  | { kind: "states"; states: ContainerState[] };
