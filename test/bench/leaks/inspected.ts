import { once } from "node:events";
import { WebSocket } from "ws";
import { waitFor } from "../../harness/wait.ts";
import { type Heap, heapOf } from "./heap-snapshot.ts";

/** What a process of Node.js keeps, after its garbage was collected. */
export interface Kept {
  /** what keeps it running, by kind, such as `TCPSocketWrap` */
  resources: Record<string, number>;
  /** listeners of the process itself, such as for signals */
  listeners: number;
  /** in bytes */
  heapUsed: number;
  external: number;
  resident: number;
}

/** A process of Node.js that is looked into from outside; it was started with {@link inspectable}. */
export interface Inspected {
  readonly pid: number;
  collect(): Promise<Kept>;
  heap(): Promise<Heap>;
  close(): void;
}

/** For the environment of a process that is to be looked into. */
export const inspectable = { NODE_OPTIONS: "--inspect-port=127.0.0.1:0" };

const keptExpression = `(() => {
  const resources = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  const { heapUsed, external, rss } = process.memoryUsage();
  return { resources, listeners, heapUsed, external, resident: rss };
})()`;

/**
 * Has a process open its inspector, and connects to it.
 * @param output what it has printed so far
 */
export async function inspect(pid: number, output: () => string): Promise<Inspected> {
  const addresses = () =>
    [...output().matchAll(/Debugger listening on (ws:\/\/\S+)/g)].map((match) => match[1]);
  const known = addresses().length;
  process.kill(pid, "SIGUSR1");
  const address = await waitFor(() => addresses()[known], { what: `the inspector of ${pid}` });
  const socket = new WebSocket(address, { maxPayload: 0, perMessageDeflate: false });
  await once(socket, "open");

  let next = 0;
  const answers = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let chunks: string[] = [];
  socket.on("message", (data) => {
    const { id, method, params, result, error } = JSON.parse(String(data));
    if (method === "HeapProfiler.addHeapSnapshotChunk") chunks.push(params.chunk);
    const answer = answers.get(id);
    if (answer === undefined) return;
    answers.delete(id);
    if (error) answer.reject(new Error(error.message));
    else answer.resolve(result);
  });
  socket.on("close", () => {
    for (const { reject } of answers.values()) reject(new Error(`The process ${pid} has ended.`));
    answers.clear();
  });
  const ask = (method: string, params: object = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      next += 1;
      answers.set(next, { resolve, reject });
      socket.send(JSON.stringify({ id: next, method, params }));
    });

  return {
    pid,
    async collect() {
      // What the first one finds weakly held, the second one takes.
      for (let round = 0; round < 2; round += 1) await ask("HeapProfiler.collectGarbage");
      const expression = { expression: keptExpression, returnByValue: true };
      const answer = (await ask("Runtime.evaluate", expression)) as { result: { value: Kept } };
      return answer.result.value;
    },
    async heap() {
      chunks = [];
      await ask("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
      const text = chunks.join("");
      chunks = [];
      return heapOf(text);
    },
    close: () => socket.terminate(),
  };
}
