import { expect, it } from "vitest";
import { answering } from "$lib/api/api.fixture.ts";
import { Promotion } from "./promotion.svelte.ts";

const leftOut = [
  { image: { id: "x", name: "db", imageName: "shop/db" }, reason: "Nothing of it runs there." },
];
const promote = "POST /api/environments/production/promote";
const preview = "POST /api/deployment-plans/p/execute?dryRun=true";

function promotion(healthyMinutes: number | null = null): Promotion {
  const made = new Promotion("production");
  made.fromEnvironmentId = "staging";
  made.healthyMinutes = healthyMinutes;
  return made;
}

it("asks for a plan that does not start, shows it and what is not part of it, and starts it", async () => {
  const asked = answering((request) =>
    request === promote ? { plan: { id: "p" }, leftOut } : { plan: { id: "p" }, containers: [] },
  );
  const made = promotion(30);
  await made.build();
  expect(made.leftOut).toEqual(leftOut);
  expect(made.draft.preview?.plan.id).toBe("p");
  expect(await made.draft.confirm()).toBe("p");
  expect(asked).toEqual([
    [promote, { fromEnvironmentId: "staging", healthyForMs: 1_800_000, execute: false }],
    [preview, null],
    ["POST /api/deployment-plans/p/execute", null],
  ]);
});

it("does not ask how long it was healthy there unless that is said", async () => {
  const asked = answering(() => ({ plan: { id: "p" }, leftOut: [] }));
  await promotion().build();
  expect(asked[0]).toEqual([promote, { fromEnvironmentId: "staging", execute: false }]);
});

it("asks for a careful rollout where that is filled in", async () => {
  const asked = answering(() => ({ plan: { id: "p" }, leftOut: [] }));
  const made = promotion();
  Object.assign(made.rollout, { batch: "1", soak: 10 });
  await made.build();
  expect(asked[0]?.[1]).toEqual({
    ...{ fromEnvironmentId: "staging", rollout: { batch: 1, soakMs: 600_000 }, execute: false },
  });
});

it("shows why nothing can be promoted, and leaves no plan behind that could not be looked through", async () => {
  const error = "There is nothing to promote. web: It runs here already.";
  answering(() => Response.json({ error, code: "nothing_to_promote" }, { status: 409 }));
  const made = promotion();
  await made.build();
  expect(made.draft.building.error).toBe(error);
  expect(made.draft.preview).toBeNull();

  const asked = answering((request) =>
    request === preview
      ? Response.json({ error: "No server answers.", code: "x" }, { status: 409 })
      : { plan: { id: "p" }, leftOut },
  );
  await made.build();
  expect(made.draft.building.error).toBe("No server answers.");
  expect(asked.map(([request]) => request)).toEqual([
    promote,
    preview,
    "POST /api/deployment-plans/p/cancel",
  ]);
});
