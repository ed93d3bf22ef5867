import type { components } from "./generated/schema.ts";

/** What the API speaks of, by name. A schema that is nullable where it is used is not so here. */
export type Schemas = {
  [K in keyof components["schemas"]]: NonNullable<components["schemas"][K]>;
};

export type Plan = Schemas["DeploymentPlan"];
