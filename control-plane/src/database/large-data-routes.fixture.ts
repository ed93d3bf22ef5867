/** What of a large installation is asked for. */
export interface LargeIds {
  environment: string;
  server: string;
  service: string;
  image: string;
  /** two digests of the image, the older first */
  digests: [string, string];
  plan: string;
  registry: string;
  webhook: string;
  user: string;
  /** how many services there are: for a page near the end */
  services: number;
  /** in the midst of lists by name, and of those by time */
  cursors: { name: string; time: string };
}

/** Every list, detail, search and graph of the API as it is asked for, by the path that describes it. */
export function largeRoutes(ids: LargeIds): [described: string, path: string][] {
  const environment = `/api/environments/${ids.environment}`;
  const image = `/api/container-images/${ids.image}`;
  const [older, newer] = ids.digests;
  const deep = ids.services - 50;
  const inEnvironment = (rest: string, queries: string[] = [""]): [string, string][] =>
    queries.map((query) => [`/api/environments/{envId}${rest}`, environment + rest + query]);
  const ofImage = (rest: string, queries: string[] = [""]): [string, string][] =>
    queries.map((query) => [`/api/container-images/{id}${rest}`, image + rest + query]);
  return [
    ["/api/auth/me", "/api/auth/me"],
    ["/api/environments", "/api/environments"],
    ["/api/environments/{id}", environment],
    ...inEnvironment("/servers"),
    ["/api/servers/{id}", `/api/servers/${ids.server}`],
    ["/api/servers/{id}/containers", `/api/servers/${ids.server}/containers`],
    ...inEnvironment("/services", [
      "",
      "?limit=100",
      `?offset=${deep}`,
      "?q=checkout-77",
      "?q=out",
      "?q=a",
      "?q=nothing-of-this-name",
      "?status=healthy",
      "?status=failed",
      "?drift=true",
      "?composeProject=project-77",
      "?sort=composeProject",
      `?imageId=${ids.image}`,
      `?cursor=${ids.cursors.name}`,
    ]),
    ["/api/servers/{serverId}/services", `/api/servers/${ids.server}/services`],
    ["/api/services/{id}", `/api/services/${ids.service}`],
    ["/api/services/{id}/history", `/api/services/${ids.service}/history`],
    ["/api/services/{id}/dependencies", `/api/services/${ids.service}/dependencies`],
    ...inEnvironment("/dependency-graph", [
      "",
      `?serviceId=${ids.service}`,
      "?composeProject=project-77",
    ]),
    ...inEnvironment("/container-images", [
      "",
      "?digests=0",
      "?limit=100",
      "?offset=100",
      `?cursor=${ids.cursors.name}`,
    ]),
    ...ofImage(""),
    ...ofImage("/digests", ["", "?offset=200"]),
    ["/api/container-images/{id}/digests/{digestId}", `${image}/digests/${newer}`],
    ...ofImage("/compare", [`?from=${older}&to=${newer}`]),
    ...ofImage("/history"),
    ...ofImage("/linkable-services", ["", `?offset=${deep}`]),
    ...ofImage("/update-status"),
    ...ofImage("/update-policy"),
    ...ofImage("/quarantine"),
    ...ofImage("/skipped"),
    ...ofImage("/job"),
    ...ofImage("/hooks"),
    ...ofImage("/signature-rule"),
    ...inEnvironment("/updates"),
    ...inEnvironment("/registries"),
    ["/api/registries/{id}", `/api/registries/${ids.registry}`],
    ...inEnvironment("/deployment-plans", [
      "",
      "?limit=100",
      "?offset=3000",
      `?cursor=${ids.cursors.time}`,
      "?status=failed",
      "?status=running",
      `?containerImageId=${ids.image}`,
      `?serviceId=${ids.service}`,
    ]),
    ["/api/deployment-plans/{id}", `/api/deployment-plans/${ids.plan}`],
    ["/api/deployment-plans/{id}/receipt", `/api/deployment-plans/${ids.plan}/receipt`],
    ["/api/audit-logs", "/api/audit-logs"],
    ["/api/audit-logs", "/api/audit-logs?offset=10000"],
    ["/api/audit-logs", `/api/audit-logs?cursor=${ids.cursors.time}`],
    [
      "/api/audit-logs",
      `/api/audit-logs?cursor=${ids.cursors.time}&environmentId=${ids.environment}`,
    ],
    ["/api/audit-logs", `/api/audit-logs?environmentId=${ids.environment}`],
    ["/api/audit-logs", "/api/audit-logs?action=login"],
    ["/api/audit-logs", "/api/audit-logs?resourceType=service"],
    ["/api/audit-logs", `/api/audit-logs?resourceId=${ids.service}`],
    ["/api/admin/webhooks", "/api/admin/webhooks"],
    ["/api/admin/webhooks/{id}", `/api/admin/webhooks/${ids.webhook}`],
    ["/api/admin/webhooks/{id}/deliveries", `/api/admin/webhooks/${ids.webhook}/deliveries`],
    [
      "/api/admin/webhooks/{id}/deliveries",
      `/api/admin/webhooks/${ids.webhook}/deliveries?status=failed`,
    ],
    ["/api/notifications", "/api/notifications"],
    ["/api/users", "/api/users"],
    ["/api/users/{id}", `/api/users/${ids.user}`],
    ["/api/sessions", "/api/sessions"],
    ["/api/tokens", "/api/tokens"],
    ["/api/freeze", "/api/freeze"],
    ["/api/settings/system", "/api/settings/system"],
    ["/api/system", "/api/system"],
    ["/metrics", "/metrics"],
  ];
}
