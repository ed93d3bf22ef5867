import { expect, test } from "vitest";
import { measurePlans } from "../bench/plan-scale.ts";

test("plans over all services of many servers end as they should", async () => {
  const { plans } = await measurePlans({ services: 60, servers: 12 });
  const pulls = 12;
  expect(plans.map(({ what, commands }) => [what, commands])).toEqual([
    // A pull for each server; a deploy, a gate and the removal of what was kept for each service.
    ["in parallel", pulls + 3 * 60],
    ["one after another", pulls + 3 * 60],
    // The one that was deployed when it was cancelled has no gate.
    ["cancelled", pulls + 30 + 29 + 30],
    // The failed one has no gate; all go back.
    ["last one fails", pulls + 60 + 59 + 60],
  ]);
});
