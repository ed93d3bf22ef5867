import { expect, it } from "vitest";
import { createClient } from "./client.ts";
import { type FollowOptions, followPlan } from "./follow-plan.ts";

const stream = (...events: [string, unknown][]) =>
  new Response(
    events.map(([event, data]) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`).join(""),
  );
const plan = (status: string) => ["plan", { plan: { status } }] as [string, unknown];
const done = ["done", { status: "completed" }] as [string, unknown];

/** Follows a plan of a server that gives these answers, one after another. */
async function follow(answers: (() => Response)[], options: FollowOptions = {}) {
  const client = createClient({
    url: "http://bridgeport.test",
    fetch: async () => {
      const answer = answers.shift();
      if (!answer) throw new TypeError("fetch failed");
      return answer();
    },
  });
  const states: string[] = [];
  const lost: string[] = [];
  const follows = followPlan(client, "p", {
    onLost: ({ message }) => void lost.push(message),
    pause: async () => {},
    ...options,
  });
  let error: unknown = null;
  try {
    for await (const { status } of follows) states.push(status);
  } catch (thrown) {
    error = thrown;
  }
  return { states, lost, error };
}

it("ends when the plan has", async () => {
  const seen = await follow([() => stream(plan("running"), plan("completed"), done)]);
  expect(seen).toEqual({ states: ["running", "completed"], lost: [], error: null });
});

it("goes on after a stream that broke off, an error of the server and no answer at all", async () => {
  const seen = await follow([
    () => stream(plan("running")),
    () => new Response("starting", { status: 503 }),
    () => {
      throw new TypeError("fetch failed");
    },
    () => stream(plan("completed"), done),
  ]);
  expect(seen.states).toEqual(["running", "completed"]);
  expect(seen.lost).toHaveLength(3);
  expect(seen.error).toBeNull();
});

it("gives up when the server refuses, and says its sentence", async () => {
  const refusal = { error: "No such plan.", code: "not_found" };
  const seen = await follow([() => Response.json(refusal, { status: 404 })]);
  expect(seen.error).toMatchObject({ status: 404, message: "No such plan." });
});

it("gives up when nothing was heard for as long as it was told", async () => {
  const seen = await follow([], { patienceMs: -1 });
  expect(seen.error).toMatchObject({ code: "unreachable" });
});

it("ends with the reason that its signal was aborted with", async () => {
  const stop = new AbortController();
  const seen = await follow([() => stream(plan("running"))], {
    signal: stop.signal,
    onLost: () => stop.abort(new Error("interrupted")),
    pause: async (_, signal) => signal.throwIfAborted(),
  });
  expect(seen.error).toMatchObject({ message: "interrupted" });
});
