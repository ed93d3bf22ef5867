import { type Engine, openStream } from "../client.ts";

/** Something that happened to a container or an image. */
export interface EngineEvent {
  type: "container" | "image";
  /** such as `start`, `destroy`, `health_status: healthy`, `untag` */
  action: string;
  /** A container's id. For an image its id, or for `pull` the reference that was pulled. */
  id: string;
}

/**
 * What the engine is asked to tell. Every exec makes three events, and a container with a health
 * check execs all the time: leaving them out here costs neither side anything.
 */
const filters = JSON.stringify({
  type: ["container", "image"],
  event: [
    "create",
    "start",
    "restart",
    "stop",
    "die",
    "oom",
    "pause",
    "unpause",
    "rename",
    "update",
    "destroy",
    // Podman's word for it.
    "remove",
    "health_status",
    "tag",
    "untag",
    "pull",
    "push",
    "load",
    "import",
    "delete",
  ],
});

export interface EventStream {
  /** resolves when the stream is over, with the error that ended it or null */
  ended: Promise<Error | null>;
  close(): void;
}

/** Opens the engine's event stream. When it resolves, no later event is missed until `signal` aborts. */
export async function openEvents(
  engine: Engine,
  signal: AbortSignal,
  onEvent: (event: EngineEvent) => void,
): Promise<EventStream> {
  const stream = await openStream(engine, "/events", { filters }, signal);
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    rest += chunk;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      const event = parseEvent(rest.slice(0, end));
      rest = rest.slice(end + 1);
      if (event !== null) onEvent(event);
    }
  });
  const ended = new Promise<Error | null>((resolve) => {
    stream.once("error", resolve);
    stream.once("end", () => resolve(null));
    stream.once("close", () => resolve(null));
  });
  return { ended, close: () => stream.destroy() };
}

/** One line of the event stream; null for what concerns no container and no image. */
export function parseEvent(line: string): EngineEvent | null {
  if (line.trim() === "") return null;
  let value: { Type?: unknown; Action?: unknown; Actor?: { ID?: unknown } | null };
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const { Type: type, Action: action } = value;
  const id = value.Actor?.ID;
  if (type !== "container" && type !== "image") return null;
  if (typeof action !== "string" || typeof id !== "string") return null;
  // An engine that knows no prefix filter sends these after all.
  if (action.startsWith("exec_")) return null;
  if (type === "container") return { type, action: action === "remove" ? "destroy" : action, id };
  // Podman leaves out what kind of id it is.
  return { type, action, id: /^[0-9a-f]{64}$/.test(id) ? `sha256:${id}` : id };
}
