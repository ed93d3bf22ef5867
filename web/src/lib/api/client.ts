import { problemOf, unreachable } from "./problem.ts";

type Value = string | number | boolean | null | undefined;

export interface Input {
  /** for `{name}` in the path */
  path?: Record<string, string>;
  query?: Record<string, Value>;
  body?: unknown;
  signal?: AbortSignal;
}

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

/** Called for a 401 anywhere but at login. */
let onSignedOut: () => void = () => {};
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

/** `/api/servers/{id}` with its parameters filled in. */
export function address(template: string, { path = {}, query = {} }: Input): string {
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(path[name] ?? ""),
  );
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? filled : `${filled}?${text}`;
}

async function call<T>(method: Method, template: string, input: Input = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (input.body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(address(template, input), {
      method,
      headers,
      body: input.body === undefined ? null : JSON.stringify(input.body),
      signal: input.signal ?? null,
    });
  } catch (error) {
    if (input.signal?.aborted) throw error;
    throw unreachable();
  }
  const body = await bodyOf(response);
  if (response.ok) return body as T;
  if (response.status === 401 && !template.startsWith("/api/auth/")) onSignedOut();
  throw problemOf(response.status, body);
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return null;
  }
}

/** The API. Every call throws an ApiProblem for anything but a good answer. */
export const api = {
  get: <T>(template: string, input?: Input) => call<T>("GET", template, input),
  post: <T>(template: string, input?: Input) => call<T>("POST", template, input),
  patch: <T>(template: string, input?: Input) => call<T>("PATCH", template, input),
  put: <T>(template: string, input?: Input) => call<T>("PUT", template, input),
  delete: <T>(template: string, input?: Input) => call<T>("DELETE", template, input),
};

const pageSize = 100;

/**
 * Every row of a list, a hundred at a time and four requests at once. For lists that people
 * filter and sort by hand; what only grows (plans, audit) is read page by page instead.
 */
export async function everyRow<K extends string, T>(
  template: string,
  key: K,
  input: Input = {},
): Promise<T[]> {
  type Answer = Record<K, T[]> & { total?: number };
  const page = (offset: number) =>
    api.get<Answer>(template, {
      ...input,
      query: { ...input.query, limit: pageSize, offset },
    });
  const first = await page(0);
  const rows: T[] = [...first[key]];
  const offsets: number[] = [];
  for (let offset = pageSize; offset < (first.total ?? 0); offset += pageSize) offsets.push(offset);
  while (offsets.length > 0) {
    const answers = await Promise.all(offsets.splice(0, 4).map(page));
    for (const answer of answers) rows.push(...answer[key]);
  }
  return rows;
}
