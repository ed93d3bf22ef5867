import { expect, it } from "vitest";
import { nearest, pick } from "./named.ts";

const images = [
  { value: 1, label: "ghcr.io/shop/web", id: "id-1", aliases: ["web", "shop/web"] },
  { value: 2, label: "ghcr.io/blog/web", id: "id-2", aliases: ["web", "blog/web"] },
  { value: 3, label: "ghcr.io/shop/worker", id: "id-3", aliases: ["worker"] },
];

it.each([
  ["id-3", 3],
  ["ghcr.io/shop/web", 1],
  ["blog/web", 2],
  ["worker", 3],
])("understands %s", (text, value) => {
  expect(pick("image", text, images)).toBe(value);
});

it("lists what may be meant, and guesses what was", () => {
  expect(() => pick("image", "web", images, " in production")).toThrow(
    '"web" can mean 2 images in production: ghcr.io/blog/web, ghcr.io/shop/web. Write one of these, or its id.',
  );
  const same = [1, 2].map((value) => ({ value, label: "a@x/ci", id: `id-${value}` }));
  expect(() => pick("API token", "a@x/ci", same)).toThrow(
    "can mean 2 API tokens: a@x/ci (id-1), a@x/ci (id-2).",
  );
  expect(pick("API token", "id-2", same)).toBe(2);
  expect(() => pick("image", "wroker", images)).toThrow(
    'There is no image "wroker". Did you mean "worker"? There are: ghcr.io/blog/web,',
  );
  expect(() => pick("image", "x", [])).toThrow('There is no image "x": there are none.');
});

it.each([
  ["prod", "production"],
  ["stagign", "staging"],
  ["wbe", "web"],
  ["xyz", null],
  ["", null],
])("%s is nearest to %s", (text, word) => {
  expect(nearest(text, ["production", "staging", "web", "worker"])).toBe(word);
});
