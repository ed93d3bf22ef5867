import { expect, test } from "vitest";
import { connectionString } from "./connection.ts";

test("a socket is named by its directory", () => {
  expect(connectionString({ socketDirectory: "/data dir/pg", user: "b", database: "d" })).toBe(
    "postgres://b@%2Fdata%20dir%2Fpg/d",
  );
});

test.each([
  ["postgres://u:p@host:5432/d", "postgres://u:p@host:5432/d"],
  [
    "postgres://u:p@host/d?sslmode=require",
    "postgres://u:p@host/d?sslmode=require&uselibpqcompat=true",
  ],
])("%s", (url, expected) => {
  expect(connectionString({ url })).toBe(expected);
});
