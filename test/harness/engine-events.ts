import { get } from "node:http";

/** One event of the engine, as its API says it. */
export interface EngineEvent {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
  timeNano: number;
}

/** Calls `onEvent` for each event of a type from now on; returns the function that ends it. */
export async function watchEvents(
  socket: string,
  onEvent: (event: EngineEvent) => void,
  type: "container" | "image" = "container",
): Promise<() => void> {
  const filters = encodeURIComponent(JSON.stringify({ type: [type] }));
  return new Promise((resolve, reject) => {
    const request = get({ socketPath: socket, path: `/events?filters=${filters}` }, (answer) => {
      let rest = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line) onEvent(JSON.parse(line) as EngineEvent);
      });
      answer.on("error", () => undefined);
      resolve(() => request.destroy());
    });
    request.on("error", reject);
  });
}
