import { expect, it } from "vitest";
import type { PlanService, PlanStep } from "$lib/api/model.ts";
import { previewGroups } from "./preview-groups.ts";

const service = (name: string, batch: number, level: number) =>
  ({ name, batch, level }) as unknown as PlanService;
const soak = (batch: number) => ({ action: "soak", batch }) as unknown as PlanStep;
const shown = (services: PlanService[], steps: PlanStep[], batches: number) =>
  previewGroups({ services, steps, batches }).map((group) => [
    group.title,
    group.services.map(({ name }) => name).join(" "),
    group.soak?.batch ?? null,
  ]);

it("shows a plan without batches by its levels", () => {
  expect(shown([service("a", 1, 0)], [], 1)).toEqual([["Then", "a", null]]);
  expect(shown([service("a", 1, 0), service("b", 1, 1)], [], 1)).toEqual([
    ["Then, level 1", "a", null],
    ["Level 2", "b", null],
  ]);
});

it("shows batch by batch, with its levels and how it is watched", () => {
  const services = [service("a", 1, 0), service("b", 2, 0), service("c", 2, 1)];
  expect(shown(services, [soak(1), soak(2)], 2)).toEqual([
    ["Then, batch 1", "a", 1],
    ["Batch 2, level 1", "b", null],
    ["Batch 2, level 2", "c", 2],
  ]);
});
