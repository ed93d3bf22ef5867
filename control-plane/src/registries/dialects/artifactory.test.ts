import { afterEach, beforeEach, expect, test } from "vitest";
import { artifactoryDialect } from "./artifactory.ts";
import { VendorDouble, value } from "./vendor-double.fixture.ts";

let vendor: VendorDouble;

beforeEach(async () => {
  vendor = new VendorDouble();
  await vendor.start();
});
afterEach(() => vendor.stop());

const context = (prefix: string | null) =>
  vendor.context("artifactory", "art.example.com", { username: "ci", password: "pw" }, prefix);

test("Artifactory: a repository in the path has a catalogue of its own, page by page", async () => {
  vendor.answer = ({ url }) =>
    url.includes("last=")
      ? { body: { repositories: ["team/other"] } }
      : {
          headers: {
            link: `</artifactory/api/docker/docker-local/v2/_catalog?n=100&last=team%2Fapp>; rel="next"`,
          },
          body: { repositories: ["base", "team/app"] },
        };
  const listed = artifactoryDialect().repositories;
  const first = value(await listed?.(context("docker-local/team"), null));
  expect(first).toEqual({
    items: ["docker-local/base", "docker-local/team/app"],
    next: "team/app",
  });
  expect(value(await listed?.(context("docker-local/team"), first.next))).toEqual({
    items: ["docker-local/team/other"],
    next: null,
  });
  expect(vendor.asked.map(({ url }) => url)).toEqual([
    "/artifactory/api/docker/docker-local/v2/_catalog?n=100",
    "/artifactory/api/docker/docker-local/v2/_catalog?n=100&last=team%2Fapp",
  ]);
  expect(vendor.asked[0]?.authorization).toBe(`Basic ${Buffer.from("ci:pw").toString("base64")}`);
});

test("a repository with a host of its own is listed by the protocol", async () => {
  expect(await artifactoryDialect().repositories?.(context(null), null)).toBeNull();
  // A prefix that is no repository of Artifactory's: it answers 404.
  expect(await artifactoryDialect().repositories?.(context("team"), null)).toBeNull();
});

test("a page that fails after the first is a failure, not the beginning again", async () => {
  vendor.answer = () => ({ status: 403, body: {} });
  expect(await artifactoryDialect().repositories?.(context("docker-local"), "app")).toMatchObject({
    ok: false,
  });
});
