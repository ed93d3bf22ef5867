import { expect, it } from "vitest";
import { type Entry, rank } from "./ranking.ts";

const entry = (label: string, kind = "Service", detail = ""): Entry => ({
  id: `${kind}-${label}-${detail}`,
  kind,
  label,
  detail,
});
const labels = (entries: Entry[]) => entries.map(({ label }) => label);

it("puts the beginning of a name before the middle of one", () => {
  const entries = [entry("shop-web"), entry("webshop"), entry("web"), entry("cobweb")];
  expect(labels(rank(entries, "web", 10))).toEqual(["web", "webshop", "shop-web", "cobweb"]);
});

it("wants every word, in the name or beside it", () => {
  const entries = [entry("api", "Service", "on edge-1"), entry("api", "Service", "on edge-2")];
  expect(rank(entries, "api edge-2", 10).map(({ detail }) => detail)).toEqual(["on edge-2"]);
  expect(rank(entries, "api mars", 10)).toEqual([]);
});

it("finds a kind by its name", () => {
  expect(labels(rank([entry("local", "Registry"), entry("web")], "regis", 10))).toEqual(["local"]);
});

it("shows the first ones before anything is typed, and never too many", () => {
  const entries = Array.from({ length: 100 }, (_, index) => entry(`web-${index}`));
  expect(rank(entries, " ", 5)).toHaveLength(5);
  expect(rank(entries, "web", 7)).toHaveLength(7);
});
