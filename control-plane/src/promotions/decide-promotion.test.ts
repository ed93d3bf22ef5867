import { describe, expect, test } from "vitest";
import {
  decidePromotion,
  type SourceImage,
  type SourceService,
  type TargetImage,
} from "./decide-promotion.ts";

const [one, two] = ["sha256:1", "sha256:2"];
const web: SourceService = {
  ...{ name: "web", serverName: "stage-1", serverOnline: true, imageTag: "v2" },
  ...{ running: true, health: "healthy", unchangedMs: 60_000 },
  digest: { id: "d2", manifestDigest: two },
};
const source = (
  services: Partial<SourceService>[],
  more: Partial<SourceImage> = {},
): SourceImage => ({
  ...{ id: "s", name: "app", imageName: "shop/app", normalizedName: "r.test/shop/app" },
  services: services.map((service) => ({ ...web, ...service })),
  ...more,
});
const here = (...running: (string | null)[]): TargetImage => ({
  ...{ id: "t", name: "app", normalizedName: "r.test/shop/app" },
  running,
});
const reason = (
  services: Partial<SourceService>[],
  target: TargetImage = here(one),
  healthyForMs: number | null = null,
) => decidePromotion([source(services)], [target], healthyForMs).leftOut[0]?.reason ?? "promoted";

test("what runs there is deployed here, as the tag that it runs as", () => {
  expect(decidePromotion([source([{}])], [here(one, two)], 60_000)).toEqual({
    promoted: [{ imageId: "t", digestId: "d2", manifestDigest: two, tag: "v2" }],
    leftOut: [],
  });
  const { promoted } = decidePromotion([source([{}, { imageTag: "2" }])], [here(null)], null);
  expect(promoted).toMatchObject([{ tag: null }]);
});

test("images are matched by registry and repository", () => {
  const other = source([{}], { normalizedName: "other.test/shop/app" });
  expect(decidePromotion([other], [here(one)], null)).toMatchObject({
    promoted: [],
    leftOut: [{ image: { id: "s" }, reason: expect.stringContaining("no image of this name") }],
  });
});

describe("is left out with the reason", () => {
  test.each<[string, Partial<SourceService>[], TargetImage, RegExp]>([
    ["nothing runs there", [{ running: false }], here(one), /Nothing of it runs there/],
    ["none is linked there", [], here(one), /Nothing of it runs there/],
    ["no container here", [{}], here(), /No service of it has a container here/],
    ["it is here already", [{}], here(two, two), /runs here already/],
    ["an unknown digest", [{ digest: null }], here(one), /web on stage-1 runs something/],
    [
      "two digests there",
      [{}, { name: "api", digest: { id: "d1", manifestDigest: one } }],
      here(one),
      /web on stage-1 and api on stage-1 differ/,
    ],
  ])("%s", (_, services, target, words) => {
    expect(reason(services, target)).toMatch(words);
  });

  test.each<[string, Partial<SourceService>, RegExp]>([
    ["for too short", { unchangedMs: 59_999 }, /for 59 s there, and 60 s are asked for/],
    ["unhealthy", { health: "unhealthy" }, /is not healthy there, but unhealthy/],
    ["starting", { health: "starting" }, /but starting/],
    ["out of sight", { serverOnline: false }, /server that is offline/],
  ])("%s, where health is asked for", (_, service, words) => {
    expect(reason([{}, service], here(one), 60_000)).toMatch(words);
    expect(reason([{}, service], here(one))).toBe("promoted");
  });
});

test("a service that has ended does not keep the others from it", () => {
  const ended = { name: "job", running: false, digest: { id: "d1", manifestDigest: one } };
  expect(reason([{}, ended], here(one), 60_000)).toBe("promoted");
});
