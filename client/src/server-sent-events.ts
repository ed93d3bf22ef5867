/** One event of a stream of server-sent events. */
export interface ServerSentEvent {
  event: string;
  data: string;
}

/**
 * The events of a body, in their order. Comments are no events. It ends where the body does; an event
 * that has not been closed by an empty line by then is none.
 * @param heard called for anything that arrives, comments too
 */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
  heard: () => void = () => {},
): AsyncGenerator<ServerSentEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let event = "message";
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      rest += decoder.decode(value, { stream: true });
      // A line may end with CR LF, whose halves may arrive apart.
      const held = rest.endsWith("\r") ? "\r" : "";
      const lines = rest.slice(0, rest.length - held.length).split(/\r\n|\n|\r/);
      rest = (lines.pop() ?? "") + held;
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) yield { event, data: data.join("\n") };
          event = "message";
          data = [];
        } else if (!line.startsWith(":")) {
          const colon = line.indexOf(":");
          const field = colon === -1 ? line : line.slice(0, colon);
          const text = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
          if (field === "event") event = text;
          if (field === "data") data.push(text);
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
