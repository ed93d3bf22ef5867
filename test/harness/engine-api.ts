import { Agent, request } from "node:http";

/** An answer of the engine; `body` is parsed JSON, or text where it is none. */
export interface EngineAnswer<T> {
  status: number;
  body: T;
}

/** The bare Engine API over its socket: no client library, so that tests see what the engine says. */
export interface EngineApi {
  /** Any request, whatever its status. `body` is sent as JSON. */
  request<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<EngineAnswer<T>>;
  /** The body of a request that must succeed; throws the engine's own message otherwise. */
  call<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  /** The bytes that a GET answers, e.g. an archive; throws on any status but 200. */
  bytes(path: string): Promise<Buffer>;
  close(): void;
}

/** Speaks to the engine at `socket`, a path. Connections are kept. */
export function engineApi(socket: string): EngineApi {
  const agent = new Agent({ keepAlive: true });
  const send = <T>(
    method: string,
    path: string,
    body?: unknown,
    extra: Record<string, string> = {},
  ): Promise<EngineAnswer<T>> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const headers = text === undefined ? extra : { "content-type": "application/json", ...extra };
      const outgoing = request({ socketPath: socket, agent, method, path, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const content = Buffer.concat(chunks).toString();
          resolve({ status: answer.statusCode ?? 0, body: parse(content) as T });
        });
      });
      outgoing.on("error", reject);
      outgoing.end(text);
    });
  return {
    request: send,
    async call<T>(method: string, path: string, body?: unknown) {
      const answer = await send<T>(method, path, body);
      if (answer.status >= 400) {
        const { message } = answer.body as { message?: string };
        throw new Error(`${method} ${path}: ${answer.status} ${message ?? ""}`);
      }
      return answer.body;
    },
    bytes: (path) =>
      new Promise((resolve, reject) => {
        const outgoing = request({ socketPath: socket, agent, path }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("error", reject);
          answer.on("end", () => {
            if (answer.statusCode === 200) resolve(Buffer.concat(chunks));
            else reject(new Error(`GET ${path}: ${answer.statusCode}`));
          });
        });
        outgoing.on("error", reject);
        outgoing.end();
      }),
    close: () => agent.destroy(),
  };
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}
