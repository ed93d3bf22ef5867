import createFetchClient, {
  type ClientPathsWithMethod,
  type Client as FetchClient,
  type FetchOptions,
  type MethodResponse,
} from "openapi-fetch";
import type { paths } from "./generated/schema.ts";
import { problemOf, redirected, unreachable } from "./problem.ts";

export type Method = "get" | "post" | "patch" | "put" | "delete";
type Described = FetchClient<paths>;
export type PathsOf<M extends Method> = ClientPathsWithMethod<Described, M>;
/** What a good answer of that path holds. */
export type Answer<M extends Method, P extends PathsOf<M>> = MethodResponse<Described, M, P>;

/** `{ path, query, body, signal, idempotencyKey }`, as far as the operation takes them. */
type Input<O> = ParametersOf<FetchOptions<O>> &
  Pick<FetchOptions<O>, "body" | "signal"> &
  Pick<AnyInput, "idempotencyKey">;
type ParametersOf<Options> = Options extends { params: infer P }
  ? P
  : Options extends { params?: infer P }
    ? NonNullable<P>
    : unknown;
type Rest<O> = Partial<Input<O>> extends Input<O> ? [input?: Input<O>] : [input: Input<O>];

/** What any operation takes, where the path is not known before. */
export interface AnyInput {
  path?: object;
  query?: object;
  body?: unknown;
  signal?: AbortSignal;
  /** The same key and request again, within a day, gets the first answer and has no second effect. */
  idempotencyKey?: string;
}

/** The lists: the name of their rows, and what a row is. */
export type RowsOf<P extends PathsOf<"get">> = {
  [K in keyof Answer<"get", P>]: Answer<"get", P>[K] extends (infer T)[] ? T : never;
};

type Caller<M extends Method> = <P extends PathsOf<M>>(
  template: P,
  ...input: Rest<paths[P][M]>
) => Promise<Answer<M, P>>;

/**
 * The API: paths, parameters, bodies and answers are those of its own description. Every call throws
 * an ApiProblem for anything but a good answer, or what `signal` was aborted with.
 */
export interface Client {
  readonly url: string;
  get: Caller<"get">;
  post: Caller<"post">;
  patch: Caller<"patch">;
  put: Caller<"put">;
  delete: Caller<"delete">;
  /**
   * Every row of a list, a hundred at a time and four requests at once, each once by its id. A list that
   * changed between its pages is read again, so that none is left out; one that never rests is given as it
   * was read at last. For lists that are filtered and sorted here; what only grows (plans, audit) is read
   * page by page instead.
   */
  everyRow<P extends PathsOf<"get">, K extends keyof Answer<"get", P>>(
    template: P,
    key: K,
    input?: AnyInput,
  ): Promise<RowsOf<P>[K][]>;
  /** A GET whose answer is read as it comes, such as server-sent events. */
  open(path: string, options: { accept: string; signal?: AbortSignal }): Promise<Response>;
}

/** How to reach a control plane. */
export interface ClientOptions {
  /** Its address, such as https://bridgeport.example.com */
  url: string;
  /** A session's or an API token. Without it a browser sends its cookie. */
  token?: string;
  /** Default: the global one, looked up for each request. */
  fetch?: (request: Request) => Promise<Response>;
  /** Sent as User-Agent, where the platform lets a program say it. */
  userAgent?: string;
  /** Called for a 401 anywhere but at login. */
  onSignedOut?: () => void;
}

const pageSize = 100;
const atOnce = 4;
const mostReadings = 4;

/** A client of one control plane, as one user. */
export function createClient(options: ClientOptions): Client {
  const { token, userAgent, onSignedOut = () => {} } = options;
  const url = options.url.replace(/\/{1,9}$/, "");
  const send = options.fetch ?? ((request: Request) => globalThis.fetch(request));
  const identity = {
    ...(token ? { Authorization: `Bearer ${token}` } : {}),
    ...(userAgent ? { "User-Agent": userAgent } : {}),
  };
  const described = createFetchClient<paths>({
    baseUrl: url,
    headers: { Accept: "application/json", ...identity },
    fetch: send,
    redirect: "manual",
    querySerializer,
  });

  async function call(method: Method, template: string, input: AnyInput = {}): Promise<unknown> {
    const { path = {}, query = {}, body, signal, idempotencyKey } = input;
    // Callers are held to the description by their own types.
    const request = described.request as (
      method: Method,
      template: string,
      options: object,
    ) => Promise<{ data?: unknown; error?: unknown; response: Response }>;
    const headers = idempotencyKey ? { "Idempotency-Key": idempotencyKey } : {};
    const given = { params: { path, query }, body, headers, signal: signal ?? null };
    const answer = await request(method, template, given).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      // A page of something in between, where JSON was expected.
      if (error instanceof SyntaxError) throw problemOf(200, undefined, url);
      throw unreachable(url, error);
    });
    if (answer.response.ok) return answer.data;
    const { status } = answer.response;
    if (status === 401 && !template.startsWith("/api/auth/")) onSignedOut();
    throw redirected(answer.response, url) ?? problemOf(status, answer.error, url);
  }

  function caller<M extends Method>(method: M): Caller<M> {
    return (template, ...[input]) =>
      call(method, template, input as AnyInput | undefined) as Promise<Answer<M, typeof template>>;
  }

  return {
    url,
    get: caller("get"),
    post: caller("post"),
    patch: caller("patch"),
    put: caller("put"),
    delete: caller("delete"),
    async everyRow(template, key, input = {}) {
      type Row = RowsOf<typeof template>[typeof key];
      type Page = Record<typeof key, Row[]> & { total?: number };
      const page = async (offset: number) => {
        const query = { ...input.query, limit: pageSize, offset };
        return (await call("get", template, { ...input, query })) as Page;
      };
      for (let attempt = 1; ; attempt += 1) {
        const pages = [await page(0)];
        const total = pages[0]?.total ?? 0;
        for (let offset = pageSize; offset < total; offset += pageSize * atOnce) {
          const offsets = Array.from({ length: atOnce }, (_, index) => offset + index * pageSize);
          pages.push(...(await Promise.all(offsets.filter((one) => one < total).map(page))));
        }
        const rows = pages.flatMap((one) => one[key]);
        const isWhole = pages.every((one) => (one.total ?? 0) === total) && areDistinct(rows);
        if (isWhole || attempt === mostReadings) return distinct(rows);
      }
    },
    async open(path, { accept, signal }) {
      const headers = { Accept: accept, ...identity };
      const init: RequestInit = { headers, signal: signal ?? null, redirect: "manual" };
      const answer = await send(new Request(url + path, init)).catch((error: unknown) => {
        if (signal?.aborted) throw error;
        throw unreachable(url, error);
      });
      if (answer.ok) return answer;
      const moved = redirected(answer, url);
      throw moved ?? problemOf(answer.status, await answer.json().catch(() => null), url);
    },
  };
}

function idOf(row: unknown): unknown {
  return typeof row === "object" && row !== null && "id" in row ? row.id : row;
}

function areDistinct(rows: unknown[]): boolean {
  return new Set(rows.map(idOf)).size === rows.length;
}

/** Of rows with the same id the last one. */
function distinct<Row>(rows: Row[]): Row[] {
  return [...new Map(rows.map((row) => [idOf(row), row])).values()];
}

/** What is empty is not sent: an empty filter is no filter. */
function querySerializer(query: object): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") params.set(name, String(value));
  }
  return params.toString();
}
