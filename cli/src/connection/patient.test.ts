import { expect, it } from "vitest";
import { patient } from "./patient.ts";

const busy = (after: string) => () =>
  new Response("{}", { status: 429, headers: { "retry-after": after } });
const good = () => new Response("{}");

/** Sends a body to what answers like this, one after another. */
async function send(answers: (() => Response)[]) {
  const bodies: string[] = [];
  const waits: number[] = [];
  const sending = patient(
    async (request) => {
      bodies.push(await request.text());
      return (answers.shift() ?? busy("1"))();
    },
    async (ms) => void waits.push(ms),
  );
  const { status } = await sending(new Request("http://x", { method: "POST", body: "whole" }));
  return { status, bodies, waits };
}

it("sends what was turned away again when there is room for it", async () => {
  expect(await send([busy("1"), busy("2"), good])).toEqual({
    ...{ status: 200, bodies: ["whole", "whole", "whole"], waits: [1000, 2000] },
  });
});

it.each([
  ["longer than a moment", [busy("900")], 1],
  ["nobody knows how long", [busy("soon")], 1],
  ["again and again", [], 5],
])("gives up where it takes %s", async (_, answers, attempts) => {
  const { status, bodies } = await send(answers);
  expect([status, bodies.length]).toEqual([429, attempts]);
});
