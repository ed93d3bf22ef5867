import type { paths } from "./generated/schema.ts";
import { problemOf, unreachable } from "./problem.ts";

/*
 * The API as the console calls it: paths, parameters, bodies and answers are those of its own
 * description. Every call throws an ApiProblem for anything but a good answer.
 */

type Method = "get" | "post" | "patch" | "put" | "delete";
type JsonOf<T> = T extends { content: { "application/json": infer J } } ? J : never;

/** The paths that take a method. */
type PathsOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];
type Operation<M extends Method, P extends keyof paths> = paths[P][M];
export type Answer<O> = O extends { responses: { 200: infer R } } ? JsonOf<R> : never;

type PathPart<O> = O extends { parameters: { path: infer T } } ? { path: T } : { path?: never };
type QueryPart<O> = O extends { parameters: { query?: infer T } } ? { query?: T } : unknown;
type BodyPart<O> = O extends { requestBody: infer B }
  ? { body: JsonOf<B> }
  : O extends { requestBody?: infer B }
    ? { body?: JsonOf<NonNullable<B>> }
    : { body?: never };
type Input<O> = PathPart<O> & QueryPart<O> & BodyPart<O> & { signal?: AbortSignal };
type Rest<O> = Partial<Input<O>> extends Input<O> ? [input?: Input<O>] : [input: Input<O>];

interface AnyInput {
  path?: object;
  query?: object;
  body?: unknown;
  signal?: AbortSignal;
}

/** Called for a 401 anywhere but at login. */
let onSignedOut: () => void = () => {};
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

/** `/api/servers/{id}` with its parameters filled in. */
export function address(template: string, { path = {}, query = {} }: AnyInput): string {
  const values = new Map(Object.entries(path));
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(values.get(name) ?? "")),
  );
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? filled : `${filled}?${text}`;
}

async function call(method: Method, template: string, input: AnyInput = {}): Promise<unknown> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (input.body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(address(template, input), {
      method: method.toUpperCase(),
      headers,
      body: input.body === undefined ? null : JSON.stringify(input.body),
      signal: input.signal ?? null,
    });
  } catch (error) {
    if (input.signal?.aborted) throw error;
    throw unreachable();
  }
  const body = await bodyOf(response);
  if (response.ok) return body;
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

function caller<M extends Method>(method: M) {
  return <P extends PathsOf<M>>(template: P, ...[input]: Rest<Operation<M, P>>) =>
    call(method, template, input as AnyInput | undefined) as Promise<Answer<Operation<M, P>>>;
}

export const api = {
  get: caller("get"),
  post: caller("post"),
  patch: caller("patch"),
  put: caller("put"),
  delete: caller("delete"),
};

const pageSize = 100;

/** The lists: the name of their rows, and what a row is. */
type RowsOf<P extends PathsOf<"get">> = {
  [K in keyof Answer<Operation<"get", P>>]: Answer<Operation<"get", P>>[K] extends (infer T)[]
    ? T
    : never;
};

/**
 * Every row of a list, a hundred at a time and four requests at once. For lists that people
 * filter and sort by hand; what only grows (plans, audit) is read page by page instead.
 */
export async function everyRow<
  P extends PathsOf<"get">,
  K extends keyof Answer<Operation<"get", P>>,
>(template: P, key: K, input: AnyInput = {}): Promise<RowsOf<P>[K][]> {
  type Row = RowsOf<P>[K];
  const page = async (offset: number) => {
    const query = { ...input.query, limit: pageSize, offset };
    const answer = await call("get", template, { ...input, query });
    return answer as Record<K, Row[]> & { total?: number };
  };
  const first = await page(0);
  const rows: Row[] = [...first[key]];
  const offsets: number[] = [];
  for (let offset = pageSize; offset < (first.total ?? 0); offset += pageSize) offsets.push(offset);
  while (offsets.length > 0) {
    const answers = await Promise.all(offsets.splice(0, 4).map(page));
    for (const answer of answers) rows.push(...answer[key]);
  }
  return rows;
}
