import { expect, it } from "vitest";
import type { Image } from "$lib/api/model.ts";
import { checked, ImageState } from "./image-state.svelte.ts";

const image = { registryConnectionId: "r", services: [{}] } as unknown as Image;
const state = (more: Partial<Image> = {}, refusal: string | null = null) =>
  new ImageState(
    () => ({ ...image, ...more }),
    () => refusal,
  );

it("can be checked where it has a registry, and deployed where it has services", () => {
  expect([state().checkRefusal, state().deployRefusal]).toEqual([null, null]);
  expect(state({ registryConnectionId: null }).checkRefusal).toContain("choose one under Settings");
  expect(state({ services: [] }).deployRefusal).toBe("No services linked to this image");
  const viewer = state({ registryConnectionId: null, services: [] }, "Your role is viewer.");
  expect(viewer.checkRefusal).toBe("Your role is viewer.");
  expect(viewer.deployRefusal).toBe("Your role is viewer.");
});

it("waits for the image", () => {
  const nothing = new ImageState(
    () => undefined,
    () => null,
  );
  expect([nothing.checkRefusal, nothing.deployRefusal]).toEqual([null, null]);
});

it("tells what a check has found", () => {
  expect(checked({ newDigests: 0, hasUpdate: false })).toBe("No new digest.");
  expect(checked({ newDigests: 2, hasUpdate: true })).toBe(
    "2 new digests; an update is available.",
  );
});
