import type { ContainerReport } from "@bridgeport/proto";
import { describe, expect, test } from "vitest";
import { reportOf } from "../inventory/discovered.fixture.ts";
import { askedImage, pulledDigest } from "./asked-image.ts";

const hex = (digit: string) => digit.repeat(64);
const report = (more: Partial<ContainerReport>) => reportOf("web", { repoDigests: [], ...more });

test.each([
  ["nginx", [], { name: "nginx", tag: null }],
  [`nginx@sha256:${hex("2")}`, [], { name: "nginx", tag: null }],
  [`nginx:1.2@sha256:${hex("2")}`, [], { name: "nginx", tag: "1.2" }],
  [
    `sha256:${hex("1")}`,
    [`b/x@sha256:${hex("2")}`, `a/x@sha256:${hex("2")}`],
    { name: "a/x", tag: null },
  ],
  [hex("1"), ["bridgeport.local/keep/web@sha256:1"], null],
  ["sha256:0123456789ab", [], null],
])("%s with %j is the image %j", (imageName, repoDigests, image) => {
  expect(askedImage(report({ imageName, repoDigests }))).toEqual(image);
});

describe("a container that was started by an image's id", () => {
  const id = `f8099e2b0fe9${"1".repeat(52)}`;
  const known = (imageName: string, imageNames: string[], more: Partial<ContainerReport> = {}) =>
    askedImage(report({ imageName, imageNames, imageId: `sha256:${id}`, ...more }));

  test.each([4, 7, 12, 40, 64])(
    "of %d digits runs the image that its engine has a name for",
    (length) => {
      for (const prefix of ["", "sha256:"]) {
        const imageName = prefix + id.slice(0, length);
        expect(known(imageName, ["host:5000/app:v1", `host:5000/app@sha256:${hex("2")}`])).toEqual({
          name: "host:5000/app",
          tag: "v1",
        });
      }
    },
  );

  test("goes by the best tag of a name that has one, in whichever order they come", () => {
    const names = [`z/app@sha256:${hex("2")}`, "z/app:latest", "b/app:latest", "b/app:v1.2.3"];
    expect(known("f809", names)).toEqual({ name: "b/app", tag: "v1.2.3" });
    expect(known("f809", names.toReversed())).toEqual({ name: "b/app", tag: "v1.2.3" });
  });

  test("takes no tag of our own for a name", () => {
    const own = ["bridgeport.local/keep/web:current"];
    expect(known("f809", own)).toBeNull();
    expect(known("f809", own, { repoDigests: [`b/app@sha256:${hex("2")}`] })).toEqual({
      name: "b/app",
      tag: null,
    });
  });

  test("is not mistaken for one whose image has such a name", () => {
    expect(known("cafe", ["cafe:latest"])).toEqual({ name: "cafe", tag: null });
    expect(known("f809", ["f809:latest"])).toEqual({ name: "f809", tag: null });
    expect(known("f809:v1", [])).toEqual({ name: "f809", tag: "v1" });
  });
});

test("the digest that runs is that of the name it was asked for", () => {
  const repoDigests = [`a/mirror@sha256:${hex("3")}`, `nginx@sha256:${hex("2")}`];
  expect(pulledDigest(report({ repoDigests }))).toBe(`sha256:${hex("2")}`);
  const byId = report({ imageName: hex("1"), repoDigests });
  expect(pulledDigest(byId)).toBe(`sha256:${hex("3")}`);
  expect(pulledDigest(report({ repoDigests: [] }))).toBeNull();
});
