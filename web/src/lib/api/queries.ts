import { queryOptions } from "@tanstack/svelte-query";
import { api, everyRow } from "./client.ts";
import type { PlanStatus, Service } from "./model.ts";

type ServiceStatus = Service["status"];

/*
 * What the console reads. Keys are those of live/stale.ts: the subject, then the environment of a list
 * or the id of one thing; what may be out of date is said there.
 */

export const environmentsQuery = () =>
  queryOptions({
    queryKey: ["environments"],
    queryFn: ({ signal }) => everyRow("/api/environments", "environments", { signal }),
  });

export const operationsQuery = (envId: string) =>
  queryOptions({
    queryKey: ["operations", envId],
    queryFn: async ({ signal }) => {
      const template = "/api/environments/{envId}/settings/operations";
      const answer = await api.get(template, {
        path: { envId },
        signal,
      });
      return answer.settings;
    },
  });

export const serversQuery = (envId: string) =>
  queryOptions({
    queryKey: ["servers", envId],
    queryFn: ({ signal }) =>
      everyRow("/api/environments/{envId}/servers", "servers", {
        path: { envId },
        signal,
      }),
  });

export const serverQuery = (id: string) =>
  queryOptions({
    queryKey: ["server", id],
    queryFn: async ({ signal }) => {
      const answer = await api.get("/api/servers/{id}", {
        path: { id },
        signal,
      });
      return answer.server;
    },
  });

/** Whether agents can be installed from here; asked again until they can. */
export const agentPackageQuery = () =>
  queryOptions({
    queryKey: ["agent-package"],
    queryFn: ({ signal }) => api.get("/api/agent/package", { signal }),
    refetchInterval: ({ state }) => (state.data?.state === "ready" ? false : 3000),
  });

/** The command line as it can be installed from here; asked again until it can. */
export const commandLineQuery = () =>
  queryOptions({
    queryKey: ["command-line-package"],
    queryFn: ({ signal }) => api.get("/api/cli/package", { signal }),
    refetchInterval: ({ state }) => (state.data?.state === "preparing" ? 3000 : false),
  });

/** Every service of a Compose project. */
export const projectServicesQuery = (envId: string, composeProject: string) =>
  queryOptions({
    queryKey: ["services", envId, "project", composeProject],
    queryFn: ({ signal }) =>
      everyRow("/api/environments/{envId}/services", "services", {
        path: { envId },
        query: { composeProject },
        signal,
      }),
  });

export const servicesQuery = (envId: string) =>
  queryOptions({
    queryKey: ["services", envId],
    queryFn: ({ signal }) =>
      everyRow("/api/environments/{envId}/services", "services", {
        path: { envId },
        signal,
      }),
  });

export interface ServiceFilter {
  limit: number;
  offset: number;
  q?: string | undefined;
  status?: ServiceStatus | undefined;
  drift?: "true" | "false" | undefined;
  imageId?: string | undefined;
  composeProject?: string | undefined;
  sort?: "name" | "composeProject" | undefined;
}

/** A page of an environment's services; the server filters. */
export const servicesPageQuery = (envId: string, filter: ServiceFilter) =>
  queryOptions({
    queryKey: ["services", envId, "page", JSON.stringify(filter)],
    queryFn: ({ signal }) =>
      api.get("/api/environments/{envId}/services", { path: { envId }, query: filter, signal }),
  });

/** The same for one server of it. */
export const serverServicesQuery = (envId: string, serverId: string, filter: ServiceFilter) =>
  queryOptions({
    queryKey: ["services", envId, serverId, JSON.stringify(filter)],
    queryFn: ({ signal }) =>
      api.get("/api/servers/{serverId}/services", { path: { serverId }, query: filter, signal }),
  });

/** What a prune would free at this moment: asked again each time. */
export const pruneEstimateQuery = (id: string, mode: "dangling" | "all") =>
  queryOptions({
    queryKey: ["server", id, "prune-estimate", mode],
    queryFn: ({ signal }) =>
      api.get("/api/servers/{id}/prune-estimate", { path: { id }, query: { mode }, signal }),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });

/** Its key is one of services: whatever changes these changes what runs. */
export const serverContainersQuery = (
  envId: string,
  serverId: string,
  page: { limit: number; offset: number },
) =>
  queryOptions({
    queryKey: ["services", envId, serverId, "containers", page.offset],
    queryFn: ({ signal }) =>
      api.get("/api/servers/{id}/containers", { path: { id: serverId }, query: page, signal }),
  });

export const serviceQuery = (id: string) =>
  queryOptions({
    queryKey: ["service", id],
    queryFn: async ({ signal }) => {
      const answer = await api.get("/api/services/{id}", {
        path: { id },
        signal,
      });
      return answer.service;
    },
  });

export const dependenciesQuery = (id: string) =>
  queryOptions({
    queryKey: ["service", id, "dependencies"],
    queryFn: async ({ signal }) => {
      const answer = await api.get("/api/services/{id}/dependencies", { path: { id }, signal });
      return answer.dependencies;
    },
  });

export const serviceHistoryQuery = (id: string) =>
  queryOptions({
    queryKey: ["service", id, "history"],
    queryFn: async ({ signal }) => {
      const answer = await api.get("/api/services/{id}/history", {
        path: { id },
        signal,
      });
      return answer.history;
    },
  });

/** @param around only what is around this: the whole is some megabytes where there are many services */
export const graphQuery = (
  envId: string,
  around: { serviceId: string } | { composeProject: string } | null = null,
) =>
  queryOptions({
    queryKey: ["graph", envId, around],
    queryFn: ({ signal }) =>
      api.get("/api/environments/{envId}/dependency-graph", {
        path: { envId },
        query: around ?? {},
        signal,
      }),
  });

export const imagesQuery = (envId: string) =>
  queryOptions({
    queryKey: ["images", envId],
    queryFn: ({ signal }) =>
      everyRow("/api/environments/{envId}/container-images", "images", {
        path: { envId },
        signal,
      }),
  });

export const imageQuery = (id: string) =>
  queryOptions({
    queryKey: ["image", id],
    queryFn: async ({ signal }) => {
      const answer = await api.get("/api/container-images/{id}", {
        path: { id },
        signal,
      });
      return answer.image;
    },
  });

export const digestsQuery = (id: string, { limit, offset }: { limit: number; offset: number }) =>
  queryOptions({
    queryKey: ["image", id, "digests", String(limit), String(offset)],
    queryFn: ({ signal }) =>
      api.get("/api/container-images/{id}/digests", {
        path: { id },
        query: { limit, offset },
        signal,
      }),
  });

/**
 * What differs between two digests of an image, by their ids or manifest digests. What a digest
 * stands for never changes, so it is read once.
 */
export const comparisonQuery = (id: string, from: string, to: string) =>
  queryOptions({
    queryKey: ["image-content", id, from, to],
    queryFn: ({ signal }) =>
      api.get("/api/container-images/{id}/compare", { path: { id }, query: { from, to }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

/** One digest with the labels and layers of its image. */
export const digestContentQuery = (id: string, digestId: string) =>
  queryOptions({
    queryKey: ["image-content", id, digestId],
    queryFn: ({ signal }) =>
      api.get("/api/container-images/{id}/digests/{digestId}", { path: { id, digestId }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

/** Why the newest version is, or is not, deployed by itself. */
export const updateStatusQuery = (id: string) =>
  queryOptions({
    queryKey: ["image", id, "update-status"],
    queryFn: async ({ signal }) => {
      const answer = await api.get("/api/container-images/{id}/update-status", {
        path: { id },
        signal,
      });
      return answer.status;
    },
  });

export const updatePolicyQuery = (id: string) =>
  queryOptions({
    queryKey: ["image", id, "update-policy"],
    queryFn: async ({ signal }) => {
      const answer = await api.get("/api/container-images/{id}/update-policy", {
        path: { id },
        signal,
      });
      return answer.policy;
    },
  });

export const quarantineQuery = (id: string) =>
  queryOptions({
    queryKey: ["image", id, "quarantine"],
    queryFn: ({ signal }) =>
      everyRow("/api/container-images/{id}/quarantine", "quarantine", { path: { id }, signal }),
  });

export const skippedQuery = (id: string) =>
  queryOptions({
    queryKey: ["image", id, "skipped"],
    queryFn: ({ signal }) =>
      everyRow("/api/container-images/{id}/skipped", "skipped", { path: { id }, signal }),
  });

/** Everything that is behind. Its key begins as that of all images, so that it is read again with them. */
export const updatesQuery = (envId: string) =>
  queryOptions({
    queryKey: ["images", envId, "updates"],
    queryFn: ({ signal }) =>
      everyRow("/api/environments/{envId}/updates", "updates", { path: { envId }, signal }),
  });

export const historyQuery = (id: string) =>
  queryOptions({
    queryKey: ["image", id, "history"],
    queryFn: async ({ signal }) => {
      const answer = await api.get("/api/container-images/{id}/history", {
        path: { id },
        query: { limit: 100 },
        signal,
      });
      return answer.history;
    },
  });

export const linkableQuery = (id: string) =>
  queryOptions({
    queryKey: ["image", id, "linkable"],
    queryFn: async ({ signal }) => {
      const answer = await api.get("/api/container-images/{id}/linkable-services", {
        path: { id },
        signal,
      });
      return answer.services;
    },
  });

export const plansQuery = (
  envId: string,
  { limit, offset, status }: { limit: number; offset: number; status?: PlanStatus | undefined },
) =>
  queryOptions({
    queryKey: ["plans", envId, status ?? "", String(limit), String(offset)],
    queryFn: ({ signal }) =>
      api.get("/api/environments/{envId}/deployment-plans", {
        path: { envId },
        query: { limit, offset, status },
        signal,
      }),
  });

/** @param status of the plan: each one has a receipt of its own */
export const receiptQuery = (id: string, status: string) =>
  queryOptions({
    queryKey: ["receipt", id, status],
    queryFn: ({ signal }) =>
      api.get("/api/deployment-plans/{id}/receipt", { path: { id }, signal }),
  });

export const planQuery = (id: string) =>
  queryOptions({
    queryKey: ["plan", id],
    queryFn: async ({ signal }) => {
      const answer = await api.get("/api/deployment-plans/{id}", {
        path: { id },
        signal,
      });
      return answer.plan;
    },
  });

export const registriesQuery = (envId: string) =>
  queryOptions({
    queryKey: ["registries", envId],
    queryFn: ({ signal }) =>
      everyRow("/api/environments/{envId}/registries", "registries", {
        path: { envId },
        signal,
      }),
  });

export const usersQuery = () =>
  queryOptions({
    queryKey: ["users"],
    queryFn: ({ signal }) => everyRow("/api/users", "users", { signal }),
  });

/** How users can log in. */
export const loginMethodsQuery = () =>
  queryOptions({
    queryKey: ["login-methods"],
    queryFn: ({ signal }) => api.get("/api/auth/methods", { signal }),
  });

export const secondFactorQuery = () =>
  queryOptions({
    queryKey: ["second-factor"],
    queryFn: async ({ signal }) => (await api.get("/api/auth/totp", { signal })).secondFactor,
  });

/** The user's own, and why there can be none where the console is reached. */
export const passkeysQuery = () =>
  queryOptions({
    queryKey: ["passkeys"],
    queryFn: ({ signal }) => api.get("/api/auth/passkeys", { signal }),
  });

/** Where the user is logged in. */
export const sessionsQuery = () =>
  queryOptions({
    queryKey: ["sessions"],
    queryFn: ({ signal }) => everyRow("/api/sessions", "sessions", { signal }),
  });

export const tokensQuery = () =>
  queryOptions({
    queryKey: ["tokens"],
    queryFn: ({ signal }) => everyRow("/api/tokens", "tokens", { signal }),
  });

/** The newest fifty of all environments that the user may see, and how many are unread. */
export const notificationsQuery = () =>
  queryOptions({
    queryKey: ["notifications"],
    queryFn: ({ signal }) => api.get("/api/notifications", { query: { limit: 50 }, signal }),
  });

export const webhooksQuery = () =>
  queryOptions({
    queryKey: ["webhooks"],
    queryFn: ({ signal }) => everyRow("/api/admin/webhooks", "webhooks", { signal }),
  });

export const deliveriesQuery = (id: string, { limit, offset }: { limit: number; offset: number }) =>
  queryOptions({
    queryKey: ["webhook", id, "deliveries", String(limit), String(offset)],
    queryFn: ({ signal }) =>
      api.get("/api/admin/webhooks/{id}/deliveries", {
        path: { id },
        query: { limit, offset },
        signal,
      }),
  });

/** Servers move by themselves, so that it is asked again while they do. */
export const agentAuthorityQuery = () =>
  queryOptions({
    queryKey: ["agent-authority"],
    queryFn: ({ signal }) => api.get("/api/agent-authority", { signal }),
    refetchInterval: ({ state }) => (state.data?.previous.length ? 3000 : false),
  });

/** What is wrong with the installation, as of the moment when it is asked. */
export const doctorQuery = () =>
  queryOptions({
    queryKey: ["doctor"],
    queryFn: async ({ signal }) => (await api.get("/api/doctor", { signal })).checks,
  });

export const systemSettingsQuery = () =>
  queryOptions({
    queryKey: ["system"],
    queryFn: async ({ signal }) => {
      const answer = await api.get("/api/settings/system", {
        signal,
      });
      return answer.settings;
    },
  });

export interface AuditFilter {
  action?: string;
  resourceType?: string;
  resourceId?: string;
  environmentId?: string;
  limit: number;
  offset: number;
}

export const auditQuery = (filter: AuditFilter) =>
  queryOptions({
    queryKey: ["audit", JSON.stringify(filter)],
    queryFn: ({ signal }) =>
      api.get("/api/audit-logs", {
        query: { ...filter },
        signal,
      }),
  });

/** Whether the audit is as it was written: every entry is read for that, each time. */
export const verificationQuery = () =>
  queryOptions({
    queryKey: ["audit-verification"],
    queryFn: async ({ signal }) =>
      (await api.get("/api/audit-logs/verify", { signal })).verification,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
