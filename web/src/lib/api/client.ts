import createClient, {
  type ClientPathsWithMethod,
  type FetchOptions,
  type MethodResponse,
} from "openapi-fetch";
import type { paths } from "./generated/schema.ts";
import { problemOf, unreachable } from "./problem.ts";

/*
 * The API as the console calls it: paths, parameters, bodies and answers are those of its own
 * description. Every call throws an ApiProblem for anything but a good answer.
 */

const client = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "http://localhost",
  headers: { Accept: "application/json" },
  fetch: (request) => globalThis.fetch(request),
  querySerializer,
});

type Method = "get" | "post" | "patch" | "put" | "delete";
type PathsOf<M extends Method> = ClientPathsWithMethod<typeof client, M>;
/** What a good answer of that path holds. */
export type Answer<M extends Method, P extends PathsOf<M>> = MethodResponse<typeof client, M, P>;

/** `{ path, query, body, signal }`, as far as the operation takes them. */
type Input<O> = ParametersOf<FetchOptions<O>> & Pick<FetchOptions<O>, "body" | "signal">;
type ParametersOf<Options> = Options extends { params: infer P }
  ? P
  : Options extends { params?: infer P }
    ? NonNullable<P>
    : unknown;
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

/** What is empty is not sent: an empty filter is no filter. */
function querySerializer(query: object): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") params.set(name, String(value));
  }
  return params.toString();
}

async function call(method: Method, template: string, input: AnyInput = {}): Promise<unknown> {
  const { path = {}, query = {}, body, signal } = input;
  // Callers are held to the description by their own types.
  const request = client.request as (
    method: Method,
    template: string,
    options: object,
  ) => Promise<{ data?: unknown; error?: unknown; response: Response }>;
  const options = { params: { path, query }, body, signal: signal ?? null };
  const answer = await request(method, template, options).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw unreachable();
  });
  if (answer.response.ok) return answer.data;
  const { status } = answer.response;
  if (status === 401 && !template.startsWith("/api/auth/")) onSignedOut();
  throw problemOf(status, answer.error);
}

function caller<M extends Method>(method: M) {
  return <P extends PathsOf<M>>(template: P, ...[input]: Rest<paths[P][M]>) =>
    call(method, template, input as AnyInput | undefined) as Promise<Answer<M, P>>;
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
  [K in keyof Answer<"get", P>]: Answer<"get", P>[K] extends (infer T)[] ? T : never;
};

/**
 * Every row of a list, a hundred at a time and four requests at once. For lists that people
 * filter and sort by hand; what only grows (plans, audit) is read page by page instead.
 */
export async function everyRow<P extends PathsOf<"get">, K extends keyof Answer<"get", P>>(
  template: P,
  key: K,
  input: AnyInput = {},
): Promise<RowsOf<P>[K][]> {
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
