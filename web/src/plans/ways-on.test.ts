import { expect, it } from "vitest";
import type { Plan } from "$lib/api/model.ts";
import { waysOn } from "./ways-on.ts";

const plan = { resumeDoes: "It goes on with batch 2.", services: [{}, {}, {}] } as unknown as Plan;
const texts = (touched: number) => waysOn(plan, touched).map(({ does }) => does);

it("says what each way on does, of how many services", () => {
  expect(waysOn(plan, 1).map(({ act }) => act)).toEqual(["Resume", "Roll back", "Cancel"]);
  expect(texts(1)).toEqual([
    "It goes on with batch 2.",
    "1 service that it has touched goes back to what ran before.",
    "It ends, and leaves 1 service that it has touched as it is now, 2 services on the version of before. It can be rolled back later.",
  ]);
  expect(texts(3)[2]).toBe(
    "It ends, and leaves 3 services that it has touched as they are now. It can be rolled back later.",
  );
});

it("says that nothing is to be put back where nothing was replaced", () => {
  expect(texts(0).slice(1)).toEqual(Array(2).fill("It ends: nothing has been replaced yet."));
});
