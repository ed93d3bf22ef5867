import { queryOptions } from "@tanstack/svelte-query";
import { api, everyRow } from "./client.ts";
import type {
  ApiToken,
  AuditEntry,
  Dependency,
  Digest,
  Environment,
  HistoryEntry,
  Image,
  OperationsSettings,
  Plan,
  Registry,
  Server,
  Service,
  User,
  Webhook,
} from "./model.ts";

/*
 * What the console reads. Keys are those of lib/live/stale.ts: the subject, then the
 * environment of a list or the id of one thing.
 */

export const environmentsQuery = () =>
  queryOptions({
    queryKey: ["environments"],
    queryFn: ({ signal }) =>
      everyRow<"environments", Environment>("/api/environments", "environments", { signal }),
  });

export const operationsQuery = (envId: string) =>
  queryOptions({
    queryKey: ["operations", envId],
    queryFn: async ({ signal }) => {
      const template = "/api/environments/{envId}/settings/operations";
      const answer = await api.get<{ settings: OperationsSettings }>(template, {
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
      everyRow<"servers", Server>("/api/environments/{envId}/servers", "servers", {
        path: { envId },
        signal,
      }),
  });

export const serverQuery = (id: string) =>
  queryOptions({
    queryKey: ["server", id],
    queryFn: async ({ signal }) => {
      const answer = await api.get<{ server: Server }>("/api/servers/{id}", {
        path: { id },
        signal,
      });
      return answer.server;
    },
  });

export const servicesQuery = (envId: string) =>
  queryOptions({
    queryKey: ["services", envId],
    queryFn: ({ signal }) =>
      everyRow<"services", Service>("/api/environments/{envId}/services", "services", {
        path: { envId },
        signal,
      }),
  });

export const serviceQuery = (id: string) =>
  queryOptions({
    queryKey: ["service", id],
    queryFn: async ({ signal }) => {
      const answer = await api.get<{ service: Service }>("/api/services/{id}", {
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
      const answer = await api.get<{ dependencies: Dependency[] }>(
        "/api/services/{id}/dependencies",
        { path: { id }, signal },
      );
      return answer.dependencies;
    },
  });

export const serviceHistoryQuery = (id: string) =>
  queryOptions({
    queryKey: ["service", id, "history"],
    queryFn: async ({ signal }) => {
      const answer = await api.get<{ history: HistoryEntry[] }>("/api/services/{id}/history", {
        path: { id },
        signal,
      });
      return answer.history;
    },
  });

export interface DependencyGraph {
  nodes: { id: string; name: string; serverName?: string }[];
  edges: { from: string; to: string; type: "health_before" | "deploy_after" }[];
  deploymentOrder: string[][];
}

export const graphQuery = (envId: string) =>
  queryOptions({
    queryKey: ["graph", envId],
    queryFn: ({ signal }) =>
      api.get<DependencyGraph>("/api/environments/{envId}/dependency-graph", {
        path: { envId },
        signal,
      }),
  });

export const imagesQuery = (envId: string) =>
  queryOptions({
    queryKey: ["images", envId],
    queryFn: ({ signal }) =>
      everyRow<"images", Image>("/api/environments/{envId}/container-images", "images", {
        path: { envId },
        signal,
      }),
  });

export const imageQuery = (id: string) =>
  queryOptions({
    queryKey: ["image", id],
    queryFn: async ({ signal }) => {
      const answer = await api.get<{ image: Image }>("/api/container-images/{id}", {
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
      api.get<{ digests: Digest[]; total: number }>("/api/container-images/{id}/digests", {
        path: { id },
        query: { limit, offset },
        signal,
      }),
  });

export const historyQuery = (id: string) =>
  queryOptions({
    queryKey: ["image", id, "history"],
    queryFn: async ({ signal }) => {
      const answer = await api.get<{ history: HistoryEntry[] }>(
        "/api/container-images/{id}/history",
        { path: { id }, query: { limit: 100 }, signal },
      );
      return answer.history;
    },
  });

export const linkableQuery = (id: string) =>
  queryOptions({
    queryKey: ["image", id, "linkable"],
    queryFn: async ({ signal }) => {
      const answer = await api.get<{ services: Service[] }>(
        "/api/container-images/{id}/linkable-services",
        { path: { id }, signal },
      );
      return answer.services;
    },
  });

export const plansQuery = (
  envId: string,
  { limit, offset, status }: { limit: number; offset: number; status?: string },
) =>
  queryOptions({
    queryKey: ["plans", envId, status ?? "", String(limit), String(offset)],
    queryFn: ({ signal }) =>
      api.get<{ plans: Plan[]; total: number }>("/api/environments/{envId}/deployment-plans", {
        path: { envId },
        query: { limit, offset, status },
        signal,
      }),
  });

export const planQuery = (id: string) =>
  queryOptions({
    queryKey: ["plan", id],
    queryFn: async ({ signal }) => {
      const answer = await api.get<{ plan: Plan }>("/api/deployment-plans/{id}", {
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
      everyRow<"registries", Registry>("/api/environments/{envId}/registries", "registries", {
        path: { envId },
        signal,
      }),
  });

export const usersQuery = () =>
  queryOptions({
    queryKey: ["users"],
    queryFn: ({ signal }) => everyRow<"users", User>("/api/users", "users", { signal }),
  });

export const tokensQuery = () =>
  queryOptions({
    queryKey: ["tokens"],
    queryFn: ({ signal }) => everyRow<"tokens", ApiToken>("/api/tokens", "tokens", { signal }),
  });

export const webhooksQuery = () =>
  queryOptions({
    queryKey: ["webhooks"],
    queryFn: ({ signal }) =>
      everyRow<"webhooks", Webhook>("/api/admin/webhooks", "webhooks", { signal }),
  });

export const systemSettingsQuery = () =>
  queryOptions({
    queryKey: ["system"],
    queryFn: async ({ signal }) => {
      const answer = await api.get<{ settings: Record<string, unknown> }>("/api/settings/system", {
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
      api.get<{ logs: AuditEntry[]; total: number }>("/api/audit-logs", {
        query: { ...filter },
        signal,
      }),
  });
