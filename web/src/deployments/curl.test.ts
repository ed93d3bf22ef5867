import { expect, it } from "vitest";
import { curlDeploy } from "./curl.ts";

it("names only what is not the default", () => {
  const options = { autoRollback: true, parallelExecution: false, serviceIds: null };
  const text = curlDeploy("https://x", "i1", { tag: "v1" }, options);
  expect(text).toContain(`{"tag":"v1","autoRollback":true}`);
  expect(text).toContain("/api/container-images/i1/deploy");
  const careful = curlDeploy(
    "https://x",
    "i1",
    { tag: "v1" },
    { ...options, rollout: { batch: 1 } },
  );
  expect(careful).toContain(`{"tag":"v1","autoRollback":true,"rollout":{"batch":1}}`);
});
