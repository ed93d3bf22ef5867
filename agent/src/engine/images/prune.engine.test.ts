import type { CommitCommand } from "@bridgeport/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEngine } from "../../../../test/harness/engine.ts";
import { TestJournal } from "../../../test/journal.ts";
import { openTestbed, runCommand, type Testbed } from "../../../test/real-engine.ts";
import { inspectImage } from "../inspection.ts";
import { commitRuns } from "../replacement/commit.ts";
import { replaceContainer } from "../replacement/replace.ts";
import { pruneImages } from "./prune.ts";
import { estimatePrune } from "./prune-estimate.ts";

// A prune would remove images of other tests, so it has an engine of its own.
let ownEngine: Awaited<ReturnType<typeof startEngine>>;
let bed: Testbed;
const journal = new TestJournal();

beforeAll(async () => {
  ownEngine = await startEngine();
  bed = await openTestbed(ownEngine.host);
});
afterAll(async () => {
  await bed.close();
  await ownEngine.remove();
});

describe("images that are kept", () => {
  it("survive a dangling prune, unlike other unused images", async () => {
    const name = `${bed.prefix}-kept`;
    const one = await bed.image("kept-one", "ENV VERSION=1");
    const two = await bed.image("kept-two", "ENV VERSION=2");
    const three = await bed.image("kept-three", "ENV VERSION=3");
    await bed.docker("run", "-d", "--name", name, "--network", "none", one.tag);
    for (const [id, image, previous] of [
      ["run-1", two, one],
      ["run-2", three, two],
    ] as const) {
      const command = runCommand(name, image);
      await replaceContainer(bed.engine, command, journal.begin(command, { id }), () => false);
      const commit = {
        kind: "commit" as const,
        serviceId: `${bed.prefix}-service`,
        containerName: name,
        runCommandIds: [id],
        currentImageId: image.id,
        previousImageId: previous.id,
      } satisfies CommitCommand;
      const first = await commitRuns(bed.engine, commit, journal.begin(commit));
      const again = await commitRuns(bed.engine, commit, journal.begin(commit));
      expect([first.removed, again.removed]).toEqual([1, 0]);
    }
    // As after pulls by digest: none of them has a tag.
    for (const { tag } of [one, two, three]) await bed.docker("rmi", tag);
    await bed.docker("pull", "--quiet", one.reference);
    const estimate = await estimatePrune(bed.engine, "dangling", []);
    const pruned = await pruneImages(bed.engine, "prune-1", "dangling", []);
    expect(estimate.images).toBe(1);
    // Only the graph drivers tell what images share, so that elsewhere the estimate is the most it can be.
    if (ownEngine.kind.store !== "containerd") {
      expect(estimate.spaceReclaimableBytes).toBeLessThanOrEqual(pruned.spaceReclaimedBytes);
    }
    expect(pruned.imagesDeleted).toBe(1);
    expect(await inspectImage(bed.engine, one.id)).toBeNull();
    expect(await inspectImage(bed.engine, two.id)).not.toBeNull();
    expect(await inspectImage(bed.engine, three.id)).not.toBeNull();
  });

  it("survive any prune while a plan needs them", async () => {
    const needed = await bed.image("needed", "ENV A=1");
    const unneeded = await bed.image("unneeded", "ENV A=2");
    const missing = `${needed.tag}x@sha256:${"0".repeat(64)}`;
    const before = await estimatePrune(bed.engine, "all", []);
    const withProtection = await estimatePrune(bed.engine, "all", [needed.reference, missing]);
    expect(before.images - withProtection.images).toBe(1);
    await pruneImages(bed.engine, "prune-2", "all", [needed.reference, missing]);
    expect(await inspectImage(bed.engine, needed.id)).not.toBeNull();
    expect(await inspectImage(bed.engine, unneeded.id)).toBeNull();
    expect(await bed.docker("ps", "-a", "--format", "{{.Names}}")).not.toContain("guard");

    const pruned = await pruneImages(bed.engine, "prune-3", "all", []);
    expect(pruned.imagesDeleted).toBeGreaterThan(0);
    expect(await inspectImage(bed.engine, needed.id)).toBeNull();
  });
});
