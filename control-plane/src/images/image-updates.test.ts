import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { automaticKinds } from "../update-kinds.ts";
import { type DeployedService, imageUpdates } from "./image-updates.ts";
import { storedTagFilter } from "./tag-filter.ts";
import type { DatedDigest } from "./update-available.ts";

const digest = (id: string, tags: string[], pushedAt: number): DatedDigest => ({
  id,
  tags,
  pushedAt,
  undated: false,
  quarantined: false,
  skipped: false,
});
const service = (
  id: string,
  deployedDigestId: string,
  imageTag: string | null,
  found = true,
): DeployedService => ({ id, deployedDigestId, imageTag, found });

const one = digest("1", ["v1.0.0"], 1000);
const two = digest("2", ["v1.1.0"], 2000);
const image = {
  hasRegistry: true,
  deployedDigestId: "2",
  deployedTags: ["v1.1.0"],
  filter: storedTagFilter("v*.*.*"),
  digests: [one, two],
  automaticKinds,
};

describe("each service is compared by what it is itself deployed at", () => {
  test("one of three is current: the others are behind, and so is the image", () => {
    const updates = imageUpdates({
      ...image,
      services: [
        service("a", "1", "v1.0.0"),
        service("b", "2", "v1.1.0"),
        service("c", "1", "v1.0.0"),
      ],
    });
    expect(updates.image).toMatchObject({
      available: true,
      reason: "newer_digest",
      update: { digestId: "2", kind: "minor" },
      automatic: { digestId: "2" },
    });
    expect([...updates.services].map(([id, state]) => [id, state.update?.digestId])).toEqual([
      ["a", "2"],
      ["b", undefined],
      ["c", "2"],
    ]);
  });

  test("all are current: the image is, whatever it is called deployed at", () => {
    const services = [service("a", "2", "v1.1.0"), service("b", "2", "v1.1.0")];
    const { image: state } = imageUpdates({ ...image, deployedDigestId: "1", services });
    expect(state).toMatchObject({ available: false, reason: "up_to_date" });
  });

  test("one whose container is gone does not hold the image back", () => {
    const services = [service("a", "2", "v1.1.0"), service("b", "1", "v1.0.0", false)];
    const updates = imageUpdates({ ...image, services });
    expect(updates.image.available).toBe(false);
    expect(updates.services.get("b")?.available).toBe(true);
  });

  test("without services that are known, the image's own digest counts", () => {
    const updates = imageUpdates({ ...image, deployedDigestId: "1", services: [] });
    expect(updates.image).toMatchObject({ available: true, update: { digestId: "2" } });
  });
});

describe("lines of tags side by side", () => {
  const fifteen = digest("15", ["15"], 1000);
  const sixteen = digest("16", ["16"], 2000);
  const fifteenAgain = digest("15b", ["15"], 1500);
  const lines = {
    ...image,
    filter: storedTagFilter("15,16"),
    digests: [{ ...fifteen, tags: [] }, fifteenAgain, sixteen],
  };

  test("a service is behind in its own line alone", () => {
    const updates = imageUpdates({
      ...lines,
      services: [service("a", "15", "15"), service("b", "16", "16")],
    });
    expect(updates.services.get("a")).toMatchObject({
      update: { digestId: "15b", kind: "rebuild", tag: "15" },
    });
    expect(updates.services.get("b")?.available).toBe(false);
    expect(updates.image.update?.digestId).toBe("15b");
  });

  test("where all services follow one line that the filter has left, it is shown to them", () => {
    const updates = imageUpdates({
      ...image,
      filter: storedTagFilter("latest"),
      digests: [one, digest("3", ["latest"], 3000)],
      services: [service("a", "1", "v1.0.0")],
    });
    expect(updates.services.get("a")?.update?.digestId).toBe("3");
  });
});

test("a lower version is the image's update only where no service has a better one", () => {
  const lower = digest("0", ["v0.9.0"], 9000);
  const services = [service("a", "2", "v1.1.0"), service("b", "1", "v1.0.0")];
  const updates = imageUpdates({ ...image, digests: [one, two, lower], services });
  expect(updates.image).toMatchObject({
    update: { digestId: "2", kind: "minor" },
    automatic: { digestId: "2" },
  });
  expect(updates.services.get("a")).toMatchObject({ update: { kind: "older" }, automatic: null });
});

test("what the image would be given is what one of its services would be", () => {
  const known = fc.constantFrom("1", "2", "3");
  const digests = fc.tuple(
    ...["1", "2", "3"].map((id) =>
      fc.record({
        id: fc.constant(id),
        tags: fc.subarray(["v1.0.0", "v1.1.0", "v2.0.0", "15", "main"]),
        pushedAt: fc.integer({ min: 0, max: 4 }),
        undated: fc.boolean(),
        quarantined: fc.boolean(),
        skipped: fc.boolean(),
      }),
    ),
  );
  const services = fc.array(
    fc.record({
      id: fc.uuid(),
      deployedDigestId: known,
      imageTag: fc.constantFrom(null, "v1.0.0", "v1.1.0", "15", "main"),
      found: fc.boolean(),
    }),
    { maxLength: 5 },
  );
  const filter = fc.constantFrom("v*.*.*", "*", "15,v*.*.*", "main").map(storedTagFilter);
  fc.assert(
    fc.property(digests, services, filter, (some, linked, tagFilter) => {
      const updates = imageUpdates({
        ...image,
        filter: tagFilter,
        digests: some,
        services: linked,
      });
      const there = linked.filter(({ found }) => found);
      if (there.length === 0) return;
      const states = there.map(({ id }) => updates.services.get(id));
      const offered = states.flatMap((state) => state?.update?.digestId ?? []);
      expect(updates.image.available).toBe(offered.length > 0);
      if (updates.image.update) expect(offered).toContain(updates.image.update.digestId);
      const automatic = states.flatMap((state) => state?.automatic?.digestId ?? []);
      expect(updates.image.automatic !== null).toBe(automatic.length > 0);
      expect(updates.image.automatic?.kind).not.toBe("older");
      // None is offered what it is deployed at.
      for (const { id, deployedDigestId } of linked) {
        expect(updates.services.get(id)?.update?.digestId).not.toBe(deployedDigestId);
      }
    }),
  );
});
