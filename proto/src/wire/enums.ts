import type {
  ConfigChange,
  ContainerState,
  DeployOrder,
  HealthState,
  LifecycleAction,
  PruneMode,
} from "../messages.ts";

const states = {
  unknown: "CONTAINER_STATE_UNSPECIFIED",
  created: "CONTAINER_STATE_CREATED",
  running: "CONTAINER_STATE_RUNNING",
  paused: "CONTAINER_STATE_PAUSED",
  restarting: "CONTAINER_STATE_RESTARTING",
  removing: "CONTAINER_STATE_REMOVING",
  exited: "CONTAINER_STATE_EXITED",
  dead: "CONTAINER_STATE_DEAD",
} as const satisfies Record<ContainerState, string>;

const healths = {
  unknown: "HEALTH_STATE_UNSPECIFIED",
  none: "HEALTH_STATE_NONE",
  starting: "HEALTH_STATE_STARTING",
  healthy: "HEALTH_STATE_HEALTHY",
  unhealthy: "HEALTH_STATE_UNHEALTHY",
} as const satisfies Record<HealthState, string>;

const orders = {
  "stop-first": "DEPLOY_ORDER_STOP_FIRST",
  "start-first": "DEPLOY_ORDER_START_FIRST",
} as const satisfies Record<DeployOrder, string>;

const pruneModes = {
  dangling: "PRUNE_MODE_DANGLING",
  all: "PRUNE_MODE_ALL",
} as const satisfies Record<PruneMode, string>;

const actions = {
  start: "LIFECYCLE_ACTION_START",
  stop: "LIFECYCLE_ACTION_STOP",
  restart: "LIFECYCLE_ACTION_RESTART",
} as const satisfies Record<LifecycleAction, string>;

const origins = {
  kept: "CHANGE_ORIGIN_KEPT",
  image: "CHANGE_ORIGIN_FROM_IMAGE",
  plan: "CHANGE_ORIGIN_BY_PLAN",
} as const satisfies Record<ConfigChange["origin"], string>;

/**
 * Both directions of one enum. `decode` takes what the loader hands out, which is a
 * number where a newer peer sent a value that this version does not know.
 */
function pair<Domain extends string, Wire extends string>(
  table: Record<Domain, Wire>,
): { encode(value: Domain): Wire; decode(value: string | number): Domain | null } {
  const back = new Map<string | number, Domain>();
  for (const key in table) back.set(table[key], key);
  return { encode: (value) => table[value], decode: (value) => back.get(value) ?? null };
}

export const containerState = pair(states);
export const healthState = pair(healths);
export const deployOrder = pair(orders);
export const pruneMode = pair(pruneModes);
export const lifecycleAction = pair(actions);
export const changeOrigin = pair(origins);
