import { expect, test } from "vitest";
import { Places } from "./places.ts";

function room(ofSource: number, ofAll: number) {
  const places = new Places({ ofSource, ofAll });
  const gone: string[] = [];
  const take = (source: string, name: string) =>
    places.take(`${source}`, () => gone.push(`${source}${name}`));
  return { places, gone, take };
}

test("the oldest of a source gives way where the source has its share", () => {
  const { places, gone, take } = room(2, 10);
  take("a", "1");
  take("a", "2");
  take("b", "1");
  take("a", "3");
  expect(gone).toEqual(["a1"]);
  expect(places.count).toBe(3);
});

test("where all are taken, the source with the most loses its oldest", () => {
  const { gone, take } = room(10, 4);
  take("b", "1");
  take("a", "1");
  take("a", "2");
  take("c", "1");
  take("d", "1");
  expect(gone).toEqual(["a1"]);
});

test("among sources with as many, the oldest of all gives way, never who has just come", () => {
  const { gone, take } = room(10, 3);
  take("a", "1");
  take("b", "1");
  take("c", "1");
  take("d", "1");
  take("e", "1");
  expect(gone).toEqual(["a1", "b1"]);
});

test("a place that was left or given away counts once", () => {
  const { places, gone, take } = room(1, 10);
  const first = take("a", "1");
  const second = take("a", "2");
  first.leave();
  expect([places.count, gone]).toEqual([1, ["a1"]]);
  second.leave();
  second.leave();
  expect(places.count).toBe(0);
  take("a", "3");
  expect([places.count, gone]).toEqual([1, ["a1"]]);
});

test("a network that is spread over many sources counts as one, and loses its own", () => {
  const places = new Places({ ofSource: 10, ofAll: 5 }, (source) => source.slice(0, 1));
  const gone: string[] = [];
  const take = (source: string) => places.take(source, () => gone.push(source));
  take("b1");
  take("b1");
  for (const source of ["a1", "a2", "a3", "a4", "a4", "a5"]) take(source);
  expect(gone).toEqual(["a1", "a4", "a2"]);
  expect(places.count).toBe(5);
});
