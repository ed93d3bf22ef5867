export {
  type Answer,
  type AnyInput,
  type Client,
  type ClientOptions,
  createClient,
  type PathsOf,
} from "./client.ts";
export { type FollowOptions, followPlan } from "./follow-plan.ts";
export type { components, paths } from "./generated/schema.ts";
export type { Plan, Schemas } from "./model.ts";
export { ApiProblem } from "./problem.ts";
export { type ServerSentEvent, serverSentEvents } from "./server-sent-events.ts";
