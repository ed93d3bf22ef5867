import { expect, test } from "vitest";
import { carryingOut } from "./current-command.ts";
import { createLogger } from "./log.ts";

function lines(readable: boolean, write: (log: ReturnType<typeof createLogger>) => void): string[] {
  const written: string[] = [];
  write(createLogger("info", { write: (line) => written.push(line), readable }));
  return written;
}

test("writes JSON lines as the control plane does", () => {
  const [line = "", ...more] = lines(false, (log) => {
    log.debug("not this");
    log.warn("Careful", { server: "s", error: new TypeError("broken") });
  });
  expect(more).toEqual([]);
  expect(line.endsWith("\n")).toBe(true);
  expect(JSON.parse(line)).toMatchObject({
    level: 40,
    time: expect.any(Number),
    msg: "Careful",
    server: "s",
    error: expect.stringContaining("TypeError: broken"),
  });
});

test("writes for people on a terminal", () => {
  const [line] = lines(true, (log) => log.info("Ready", { port: 1, name: "a b", none: undefined }));
  expect(line).toMatch(/^\d{4}-\S+ INFO {2}Ready port=1 name=a b\n$/);
});

test("says which command it is about", () => {
  const written = lines(false, (log) => {
    carryingOut({ commandId: "c1", planId: "p1" }, () => {
      log.info("While it is done");
      log.info("Of another one", { commandId: "c2" });
    });
    log.info("Later");
  }).map((line) => JSON.parse(line));
  expect(written).toMatchObject([
    { commandId: "c1", planId: "p1" },
    { commandId: "c2" },
    { msg: "Later" },
  ]);
  expect(written[2]).not.toHaveProperty("commandId");
});
