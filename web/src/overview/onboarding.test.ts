import { expect, it } from "vitest";
import { onboardingSteps } from "./onboarding.ts";

const nothing = {
  serversConnected: 0,
  services: 0,
  imagesWithRegistry: 0,
  registries: 0,
  deployments: 0,
};
const done = (progress: Partial<typeof nothing>) =>
  onboardingSteps({ ...nothing, ...progress })
    .filter((step) => step.done)
    .map(({ id }) => id);

it("ticks off what is really there", () => {
  expect(done({})).toEqual([]);
  expect(done({ serversConnected: 1 })).toEqual(["server"]);
  expect(done({ registries: 1 })).toEqual([]);
  expect(done({ registries: 1, imagesWithRegistry: 2, deployments: 1 })).toEqual([
    "registry",
    "deploy",
  ]);
});
