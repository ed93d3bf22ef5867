import { expect, it, vi } from "vitest";
import { SettingsChange } from "./settings-change.svelte.ts";

it("saves one change at a time, and says so", async () => {
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const [send, saved] = [vi.fn(() => answered), vi.fn()];
  const change = new SettingsChange(send, saved);
  const first = change.make({ autoPruneImages: true });
  expect(change.running).toBe(true);
  await change.make({ pruneImagesMode: "all" });
  expect(send.mock.calls).toEqual([[{ autoPruneImages: true }]]);
  answer();
  await first;
  expect([change.running, change.error, saved.mock.calls.length]).toEqual([false, null, 1]);
});

it("says why one was not saved, until the next", async () => {
  const saved = vi.fn();
  const send = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new Error("no"));
  const change = new SettingsChange(send.mockResolvedValue(), saved);
  await change.make({ requiredApprovals: 1 });
  expect([change.error === null, saved.mock.calls.length]).toEqual([false, 0]);
  await change.make({ requiredApprovals: 1 });
  expect([change.error, saved.mock.calls.length]).toEqual([null, 1]);
});
