import { createServer, request } from "node:http";
import { createScratch } from "../harness/scratch.ts";

/** One request of the agent to its engine. Times are milliseconds of `performance.now()`. */
export interface Traced {
  method: string;
  /** without the version and the query */
  path: string;
  at: number;
  took: number;
}

export interface EngineTrace {
  /** to be used as DOCKER_HOST */
  readonly host: string;
  /** answered so far; streams are in it when they end */
  readonly requests: readonly Traced[];
  remove(): Promise<void>;
}

/** A proxy before an engine's socket that notes how long each request takes. */
export async function traceEngine(socketPath: string): Promise<EngineTrace> {
  const scratch = createScratch("trace");
  const path = scratch.path("docker.sock");
  const requests: Traced[] = [];
  const server = createServer((near, answer) => {
    const at = performance.now();
    const { method = "", url = "", headers } = near;
    const far = request({ socketPath, method, path: url, headers });
    far.on("response", (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers).flushHeaders();
      response.pipe(answer);
      response.on("error", () => answer.destroy());
      response.on("end", () => {
        const took = performance.now() - at;
        requests.push({ method, path: url.replace(/^\/v[\d.]+|\?.*$/g, ""), at, took });
      });
    });
    far.on("error", () => answer.destroy());
    answer.on("close", () => far.destroy());
    near.pipe(far);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    host: `unix://${path}`,
    requests,
    async remove() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await scratch.remove();
    },
  };
}
