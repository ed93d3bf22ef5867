import { expect, test } from "vitest";
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
