import { expect, test } from "vitest";
import { nextPage, pageAfter } from "./pagination.ts";

const current = new URL("https://registry.example.com/v2/app/tags/list?n=2");

test.each([
  [undefined, null],
  [
    '</v2/app/tags/list?last=b&n=2>; rel="next"',
    "https://registry.example.com/v2/app/tags/list?last=b&n=2",
  ],
  ["</v2/app/tags/list?last=b>; rel=next", "https://registry.example.com/v2/app/tags/list?last=b"],
  ['<?last=a,b>; rel="next"', "https://registry.example.com/v2/app/tags/list?last=a,b"],
  [
    '<http://inner:5000/v2/app/tags/list?last=b>; rel="next"',
    "https://registry.example.com/v2/app/tags/list?last=b",
  ],
  [
    '</first>; rel="prev", </v2/second?x=1>; title="a"; rel="next"',
    "https://registry.example.com/v2/second?x=1",
  ],
  ['</v2/app/tags/list>; rel="last"', null],
  ["nonsense", null],
  ["<unclosed", null],
])("%s", (header, wanted) => {
  expect(nextPage(header, current)?.href ?? null).toBe(wanted);
});

test.each([
  ["?n=2", ["a", "b"], "?n=2&last=b"],
  ["?n=2&last=b", ["c", "d+e"], "?n=2&last=d%2Be"],
  ["?n=2", ["a"], null],
  ["?n=2", [], null],
  ["?n=2", ["a", "b", "c"], null],
  ["", ["a"], null],
  ["?n=0", [], null],
])("what follows a page of %s without Link: %j", (search, items, wanted) => {
  const url = new URL(search, "https://registry.example.com/v2/app/tags/list");
  expect(pageAfter(items, url)?.search ?? null).toBe(wanted);
});
