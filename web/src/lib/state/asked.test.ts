import { expect, it } from "vitest";
import { Asked } from "./asked.svelte.ts";

it("has one dialog open at a time, for the thing it was asked of", () => {
  const asked = new Asked<"rename" | "delete", { name: string }>();
  expect([asked.is("rename"), asked.about]).toEqual([false, null]);
  asked.ask("rename", { name: "a" });
  asked.ask("delete", { name: "b" });
  expect([asked.is("rename"), asked.is("delete")]).toEqual([false, true]);
  expect(asked.about?.name).toBe("b");
});

it("keeps the thing while its dialog closes, and is not closed by another one", () => {
  const asked = new Asked<"rename" | "delete", { name: string }>();
  asked.ask("delete", { name: "b" });
  asked.set("rename", false);
  expect(asked.is("delete")).toBe(true);
  asked.set("delete", false);
  expect([asked.is("delete"), asked.about?.name]).toEqual([false, "b"]);
});

it("needs no thing where there is one only", () => {
  const asked = new Asked<"start" | "cancel">();
  asked.ask("start");
  expect(asked.is("start")).toBe(true);
});
