import type { ImageOptions } from "../harness/images.ts";

/** A version of an app, as it lies in the demo's registry. */
export interface Version {
  tags: string[];
  /** How long ago it was built. */
  hoursAgo: number;
  options: ImageOptions;
}

/** An app of the demo: one repository, one container image. */
export interface App {
  repository: string;
  tagFilter: string;
  /** The tag that its containers are started from, and the one that is deployed to them first. */
  started: string;
  deployed: string;
  autoUpdate?: true;
  versions: Version[];
}

/** A container of the demo. */
export interface DemoService {
  name: string;
  app: string;
  /** Its place among the demo's servers. */
  server: 0 | 1 | 2;
  env: Record<string, string>;
  /** Gets a port of this machine. */
  published?: boolean;
}

/** `service` comes after `dependsOn`. */
export interface DemoDependency {
  service: string;
  dependsOn: string;
  type: "health_before" | "deploy_after";
}

const day = 24;

function version(tag: string, hoursAgo: number, options: ImageOptions = {}, more: string[] = []) {
  const health = "health" in options || "crash" in options ? {} : { health: "healthy" as const };
  const own = { version: tag.replace(/^v/, ""), healthInterval: 2, ...health, ...options };
  return { tags: [tag, ...more], hoursAgo, options: own };
}

/** The page is the one part of it that does not come up: what was changed before it goes back too. */
const brokenPage = '[ "$ROLE" != web ] || { echo "the checkout page answers 500"; exit 1; }';

export const apps: App[] = [
  {
    repository: "demo/shop",
    tagFilter: "v*.*.*",
    started: "v1.0.0",
    deployed: "v1.1.0",
    versions: [
      version("v1.0.0", 64 * day),
      version("v1.1.0", 21 * day),
      version("v1.2.0", 3, {}, ["latest"]),
      version("v2.0.0-rc1", 1),
    ],
  },
  {
    repository: "demo/checkout",
    tagFilter: "v*.*.*",
    started: "v3.0.0",
    deployed: "v3.1.0",
    versions: [
      version("v3.0.0", 90 * day),
      version("v3.1.0", 30 * day),
      version("v3.2.0", day, { health: { test: brokenPage } }, ["latest"]),
    ],
  },
  {
    repository: "demo/search",
    tagFilter: "v5.*",
    started: "v5.0.0",
    deployed: "v5.1.0",
    autoUpdate: true,
    versions: [
      version("v5.0.0", 40 * day),
      version("v5.1.0", 2 * day),
      version("v6.0.0", 5, { crash: 1 }, ["latest"]),
    ],
  },
];

/** What the three servers are called. */
export const serverNames = ["web-1", "app-1", "app-2"] as const;

export const services: DemoService[] = [
  { name: "shop-api", app: "demo/shop", server: 1, env: { ROLE: "api" } },
  { name: "shop-worker", app: "demo/shop", server: 2, env: { ROLE: "worker" } },
  { name: "shop-web", app: "demo/shop", server: 0, env: { ROLE: "web" }, published: true },
  { name: "checkout-api", app: "demo/checkout", server: 2, env: { ROLE: "api" } },
  { name: "checkout-web", app: "demo/checkout", server: 0, env: { ROLE: "web" } },
  { name: "search", app: "demo/search", server: 1, env: { ROLE: "api" } },
];

export const dependencies: DemoDependency[] = [
  { service: "shop-api", dependsOn: "search", type: "health_before" },
  { service: "shop-worker", dependsOn: "shop-api", type: "deploy_after" },
  { service: "shop-web", dependsOn: "shop-api", type: "health_before" },
  { service: "checkout-web", dependsOn: "checkout-api", type: "health_before" },
];
