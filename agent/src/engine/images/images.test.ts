import { expect, it } from "vitest";
import { tagOf } from "./images.ts";

const digest = `@sha256:${"0".repeat(64)}`;

it.each([
  ["app", "app", "latest"],
  ["app:1", "app", "1"],
  [`app:1${digest}`, "app", "1"],
  ["host:5000/team/app", "host:5000/team/app", "latest"],
  [`host:5000/app:v1.2${digest}`, "host:5000/app", "v1.2"],
])("%s has a tag", (reference, name, tag) => {
  expect(tagOf(reference)).toEqual({ name, tag });
});

it.each([`app${digest}`, `host:5000/app${digest}`, digest.slice(1), ""])(
  "%s has no tag",
  (reference) => {
    expect(tagOf(reference)).toBeNull();
  },
);
