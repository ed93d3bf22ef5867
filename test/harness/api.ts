import type { Plan } from "./resources.ts";
import { type WaitOptions, waitFor } from "./wait.ts";

/** An answer of the API, whatever its status; `body` is parsed JSON, or text. */
export interface ApiAnswer<T = unknown> {
  status: number;
  headers: Headers;
  body: T;
}

/** A client of the product's HTTP API, as one user. */
export interface Api {
  readonly url: string;
  readonly token: string;
  /** Any request. A string is sent as it is, with the JSON content type; anything else as JSON. */
  request<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<ApiAnswer<T>>;
  /** The body of a request that must succeed; throws status and answer otherwise. */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  patch<T>(path: string, body?: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
  /** Reads `path` until `wanted` returns something truthy of it, and returns the body read then. */
  until<T>(path: string, wanted: (body: T) => unknown, options?: Partial<WaitOptions>): Promise<T>;
  /** Waits until a plan has ended, whatever the outcome. */
  planEnd(planId: string): Promise<Plan>;
}

/** Logs in and returns the client of that user. */
export async function login(url: string, email: string, password: string): Promise<Api> {
  const { token } = await apiClient(url, "").post<{ token: string }>("/api/auth/login", {
    email,
    password,
  });
  return apiClient(url, token);
}

/** A client with a token that is known already; an empty one sends none. */
export function apiClient(url: string, token: string): Api {
  const request = async <T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer<T>> => {
    const answer = await fetch(url + path, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: parse(text) as T };
  };

  const must = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await request<T>(method, path, body);
    if (answer.status >= 400) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  };

  const until = async <T>(
    path: string,
    wanted: (body: T) => unknown,
    options: Partial<WaitOptions> = {},
  ): Promise<T> => {
    let last: T | undefined;
    return (
      await waitFor(
        async () => {
          last = await must<T>("GET", path);
          return wanted(last) ? { body: last } : undefined;
        },
        { what: path, explain: () => JSON.stringify(last, null, 2), ...options },
      )
    ).body;
  };

  return {
    url,
    token,
    request,
    get: (path) => must("GET", path),
    post: (path, body) => must("POST", path, body),
    patch: (path, body) => must("PATCH", path, body),
    delete: (path) => must("DELETE", path),
    until,
    async planEnd(planId) {
      const ended = ["completed", "failed", "rolled_back", "cancelled"];
      const { plan } = await until<{ plan: Plan }>(
        `/api/deployment-plans/${planId}`,
        ({ plan }) => ended.includes(plan.status),
        { what: `plan ${planId} to end` },
      );
      return plan;
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
