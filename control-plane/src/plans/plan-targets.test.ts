import { expect, test } from "vitest";
import { planName } from "./plan-targets.ts";

const of = (imageName: string, imageTag: string | null) => ({
  ...{ imageName, imageTag },
  imageDigest: `sha256:${"ab".repeat(32)}`,
});
const shop = of("registry.test:5000/team/shop", "v2");
const checkout = of("checkout", null);
const search = of("search", "v9");

test.each([
  [[shop], "shop v2"],
  [[shop, checkout], "shop v2, checkout abababababab"],
  [[shop, checkout, search], "shop v2 and 2 more"],
])("a plan is called after what it moves: %#", (targets, name) => {
  expect(planName(targets)).toBe(name);
});
