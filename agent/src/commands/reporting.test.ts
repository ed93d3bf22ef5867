import type { CommandBody } from "@bridgeport/proto";
import { expect, test } from "vitest";
import { TestJournal } from "../../test/journal.ts";
import type { CommandHandler, Permission } from "../command.ts";
import { withReporting } from "./reporting.ts";

const body = {
  kind: "lifecycle",
  containerName: "web",
  action: "restart",
} as const satisfies CommandBody;

/** Whether reports are held back now. */
class FakeInventory {
  changing = 0;

  async during<T>(change: () => Promise<T>): Promise<T> {
    this.changing += 1;
    const result = await change();
    this.changing -= 1;
    return result;
  }

  async apart<T>(wait: () => Promise<T>): Promise<T> {
    this.changing -= 1;
    const result = await wait();
    this.changing += 1;
    return result;
  }

  async settled(): Promise<void> {}
}

test("reports are held back while a command changes something, and not while it waits", async () => {
  const inventory = new FakeInventory();
  const seen: Record<string, number> = {};
  const permission: Permission = {
    given: false,
    wait: async () => {
      seen.waiting = inventory.changing;
    },
  };
  const handler: CommandHandler<"lifecycle"> = {
    preparesAhead: true,
    locks: ({ containerName }) => [containerName],
    execute: async (_, context) => {
      seen.before = inventory.changing;
      await context.permission?.wait(context.signal);
      seen.after = inventory.changing;
      return { kind: "lifecycle", state: "running" };
    },
  };
  const reporting = withReporting(inventory, handler);
  await reporting.execute(body, new TestJournal().begin(body, { permission }));
  expect(seen).toEqual({ before: 1, waiting: 0, after: 1 });
  expect(inventory.changing).toBe(0);
});

test("the handler is otherwise the same", () => {
  const handler: CommandHandler<"lifecycle"> = {
    preparesAhead: true,
    locks: ({ containerName }) => [containerName],
    execute: async () => ({ kind: "lifecycle", state: "running" }),
  };
  const reporting = withReporting(new FakeInventory(), handler);
  expect(reporting.preparesAhead).toBe(true);
  expect(reporting.locks(body, [])).toEqual(["web"]);
  expect(reporting.recover).toBeUndefined();
});
