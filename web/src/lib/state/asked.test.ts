import { expect, it } from "vitest";
import { Asked } from "./asked.svelte.ts";

const things = () => new Asked<"rename" | "delete", { name: string }>(["rename", "delete"]);

it("has one dialog open at a time, for the thing it was asked of", () => {
  const asked = things();
  expect([{ ...asked.open }, asked.about]).toEqual([{ rename: false, delete: false }, null]);
  asked.ask("rename", { name: "a" });
  asked.ask("delete", { name: "b" });
  expect({ ...asked.open }).toEqual({ rename: false, delete: true });
  expect(asked.about?.name).toBe("b");
});

it("keeps the thing while its dialog closes, and is not closed by another one", () => {
  const asked = things();
  asked.ask("delete", { name: "b" });
  asked.open.rename = false;
  expect(asked.open.delete).toBe(true);
  asked.open.delete = false;
  expect([asked.open.delete, asked.about?.name]).toEqual([false, "b"]);
});

it("needs no thing where there is one only", () => {
  const asked = new Asked(["start", "cancel"]);
  asked.ask("start");
  expect(asked.open.start).toBe(true);
});
