import { describe, expect, it } from "vitest";
import { painter } from "./colour.ts";
import { wantsColour } from "./node-io.ts";
import { table } from "./table.ts";
import {
  printable,
  printableLogLine,
  printableText,
  shortened,
  shortenedStart,
  width,
} from "./text.ts";
import { ago, duration, period, periodText, size } from "./units.ts";

const esc = "\u001b";

describe("text", () => {
  it("keeps what is not text off the terminal", () => {
    expect(printable(`web${esc}]0;title\u0007${esc}[2J\r\nx\u0000`)).toBe("web x");
    expect(printableText(`${esc}[31mred${esc}[0m\tx${esc}[2Jy\r\nz`)).toBe(
      `${esc}[31mred${esc}[0m\txy\nz`,
    );
    expect(printableLogLine(`${esc}[31mred\r`)).toBe(`${esc}[31mred${esc}[0m`);
    expect(printableLogLine("plain")).toBe("plain");
  });
  it("counts columns, also of wide characters", () => {
    expect(width("日本")).toBe(4);
    expect(width(`${esc}[1mab${esc}[0m`)).toBe(2);
    expect(shortened("ghcr.io/shop/web", 8)).toBe("ghcr.io…");
    expect(shortened("日本語", 5)).toBe("日本…");
    expect(shortenedStart("ghcr.io/shop/web", 9)).toBe("…shop/web");
    expect(shortened("web", 3)).toBe("web");
    expect([shortened("web", 0), shortened("web", 1), width("\u{20000}")]).toEqual(["", "…", 2]);
    // What is long is looked at part by part, and its characters stay whole.
    const family = "👨‍👩‍👧";
    expect(width(`${family}x`.repeat(1000))).toBe(3000);
    const long = "日本".repeat(10_000);
    expect(shortened(long, 6)).toBe("日本…");
    expect(shortenedStart(`a${long}`, 6)).toBe("…日本");
  });
});

describe("table", () => {
  const columns = [
    { title: "NAME", cell: ([name]: string[]) => name ?? "", least: 4 },
    { title: "STATUS", cell: ([, status]: string[]) => status ?? "", status: true },
  ];
  const rows = [
    ["a-rather-long-name", "healthy"],
    ["b", ""],
  ];
  const plain = painter(false);

  it("leaves nothing out where there is no terminal", () => {
    expect(table(columns, rows, { columns: null, paint: plain })).toBe(
      "NAME                STATUS\na-rather-long-name  healthy\nb                   -\n",
    );
  });
  it("fits the width of a terminal", () => {
    const text = table(columns, rows, { columns: 16, paint: plain });
    expect(text).toBe("NAME     STATUS\na-rath…  healthy\nb        -\n");
    expect(Math.max(...text.split("\n").map(width))).toBeLessThanOrEqual(16);
  });
  it("never makes a column narrower than it may be", () => {
    const text = table(columns, rows, { columns: 5, paint: plain });
    expect(text.split("\n")[1]).toBe("a-r…  healthy");
  });
  it("paints statuses where colours are wanted", () => {
    const text = table(columns, rows, { columns: null, paint: painter(true) });
    expect(text).toContain(`${esc}[32mhealthy${esc}[39m`);
  });
});

it.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: "1" }, true, false],
  [{ NO_COLOR: "" }, true, true],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ TERM: "dumb" }, true, false],
])("colours with %o on a terminal %s: %s", (env, isTerminal, wanted) => {
  expect(wantsColour(env, isTerminal)).toBe(wanted);
});

it("writes units as people read them", () => {
  expect([null, 0, 999, 1536, 1_048_576, 123_456_789].map(size)).toEqual([
    ...["-", "0 B", "999 B", "1.5 kB", "1.0 MB", "123 MB"],
  ]);
  expect([3210, 75_400, 3_900_000].map(duration)).toEqual(["3.2 s", "1 min 15 s", "1 h 5 min"]);
  const now = Date.parse("2026-03-10T12:00:00Z");
  expect(
    ["2026-03-10T11:59:30Z", "2026-03-10T11:00:00Z", "2026-03-08T12:00:00Z", null].map((time) =>
      ago(time, now),
    ),
  ).toEqual(["just now", "1 h ago", "2 days ago", "-"]);
  expect([5000, 90_000, 600_000, 7_200_000].map(periodText)).toEqual([
    ...["5 s", "1 min 30 s", "10 min", "2 h"],
  ]);
  expect(["90d", "12h", "90s", "1w", "5", "d", "-1d"].map(period)).toEqual([
    ...[7_776_000_000, 43_200_000, 90_000, 604_800_000, null, null, null],
  ]);
});
