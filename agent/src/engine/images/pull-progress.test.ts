import { expect, it } from "vitest";
import { PullProgress } from "./pull-progress.ts";

it("adds layers up, and reports once a second", () => {
  const reported: string[] = [];
  let now = 0;
  const progress = new PullProgress(
    (message) => reported.push(message),
    () => now,
  );
  const layer = (id: string, current: number): void =>
    progress.take({ id, status: "Downloading", progressDetail: { current, total: 2e6 } });
  layer("a", 1e6);
  layer("b", 1e6);
  now = 1_000;
  layer("b", 15e5);
  progress.take({ id: "a", status: "Download complete" });
  progress.take({ id: "a", status: "Extracting", progressDetail: { current: 1, total: 9e9 } });
  now = 2_000;
  layer("b", 2e6);
  expect(reported).toEqual([
    "Downloaded 1.0 of 2.0 MB.",
    "Downloaded 2.5 of 4.0 MB.",
    "Downloaded 4.0 of 4.0 MB.",
  ]);
});
