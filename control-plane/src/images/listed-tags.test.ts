import fc from "fast-check";
import { expect, test } from "vitest";
import { ListedTags } from "./listed-tags.ts";

test("a kept list has its tags and no others, in any order", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string(), { maxLength: 50 }),
      fc.uniqueArray(fc.string(), { maxLength: 50 }),
      (tags, others) => {
        const kept = ListedTags.of(tags);
        const read = ListedTags.read(Buffer.from(kept.bytes));
        for (const tag of tags) expect(read.has(tag)).toBe(true);
        for (const tag of others) expect(read.has(tag)).toBe(tags.includes(tag));
        expect(ListedTags.of([...tags].reverse()).bytes.equals(kept.bytes)).toBe(true);
        expect(kept.bytes.length).toBe(tags.length * 8);
      },
    ),
  );
});
