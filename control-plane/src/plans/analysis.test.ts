import { expect, test } from "vitest";
import { type Condition, holds, queryUrl, readAnswer } from "./analysis.ts";

test.each<[string, boolean[]]>([
  ["<", [true, false, false]],
  ["<=", [true, true, false]],
  [">", [false, false, true]],
  [">=", [false, true, true]],
  ["==", [false, true, false]],
])("what has to be %s 0.5", (operator, expected) => {
  const condition = { operator: operator as Condition["operator"], value: 0.5 };
  expect([0.25, 0.5, 1].map((value) => holds(value, condition))).toEqual(expected);
});

test.each([
  ["http://p:9090", "http://p:9090/api/v1/query?query=up"],
  ["http://p:9090/", "http://p:9090/api/v1/query?query=up"],
  ["https://p/prometheus/", "https://p/prometheus/api/v1/query?query=up"],
])("%s is asked at %s", (url, expected) => {
  expect(queryUrl({ url, query: "up" })).toBe(expected);
});

test("a query arrives as it was written", () => {
  const query = 'sum(rate(http_requests_total{code=~"5.."}[5m])) / 2 + 1 & "ü"';
  const url = queryUrl({ url: "http://p:9090", query });
  expect(new URL(url).searchParams.get("query")).toBe(query);
});

const answered = (resultType: string, result: unknown) =>
  JSON.stringify({ status: "success", data: { resultType, result } });
const sample = (value: string) => ({ metric: { job: "web" }, value: [1_700_000_000, value] });

test("exactly one finite number is a value", () => {
  expect(readAnswer(answered("vector", [sample("0.25")]), null)).toEqual({
    ...{ value: 0.25, problem: null },
  });
  expect(readAnswer(answered("scalar", [1, "-3e2"]), null).value).toBe(-300);
  expect(readAnswer(answered("scalar", [1, "0"]), null).value).toBe(0);
});

test.each([
  [answered("vector", []), null, "no series"],
  [answered("vector", [sample("1"), sample("2")]), null, "2 series: it has to give one"],
  [answered("vector", [sample("NaN")]), null, "gave NaN"],
  [answered("vector", [sample("+Inf")]), null, "gave +Inf"],
  [answered("vector", [sample("")]), null, "no number"],
  [answered("vector", [{}]), null, "no value"],
  [answered("vector", [null]), null, "no value"],
  [answered("matrix", [{ values: [] }]), null, "gave a matrix"],
  [answered("string", [1, "1"]), null, "gave a string"],
  ["<html>", null, "not Prometheus"],
  ["[]", null, "not Prometheus"],
  ["", null, "not Prometheus"],
  ['{"status": "error", "error": "parse error: x"}', "It answered 400.", "400. parse error: x"],
  ["", "Nothing listens at that address.", "in vain: Nothing listens"],
  [answered("vector", [sample("1")]), "It answered 502.", "It answered 502."],
])("%s with %s is no value: %s", (text, error, words) => {
  const { value, problem } = readAnswer(text, error);
  expect(value).toBeNull();
  expect(problem).toContain(words);
});
