import { expect, it } from "vitest";
import { serverSentEvents } from "./server-sent-events.ts";

function body(chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

const text =
  ':\n\nevent: plan\r\ndata: {"a":\r\ndata:"ü"}\r\n\r\nid: 7\ndata: bare\n\nevent: step\n\nevent: done\ndata: cut off';

it.each([1, 2, 3, 5, 1000])(
  "reads events whatever their bytes come in, here by %i",
  async (size) => {
    const bytes = new TextEncoder().encode(text);
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.slice(index * size, (index + 1) * size),
    );
    let heard = 0;
    const events = [];
    for await (const event of serverSentEvents(body(chunks), () => (heard += 1)))
      events.push(event);
    expect(events).toEqual([
      { event: "plan", data: '{"a":\n"ü"}' },
      { event: "message", data: "bare" },
    ]);
    expect(heard).toBe(chunks.length);
  },
);
