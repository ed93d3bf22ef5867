import { expect, test } from "vitest";
import { enrolmentDoor, enrolmentLimits } from "./enrolment-door.ts";

test("silent calls from many networks keep no call of another one out", () => {
  const enter = enrolmentDoor(enrolmentLimits, () => 0);
  const gone: string[] = [];
  for (let round = 0; round < 10; round += 1) {
    for (let network = 1; network <= 100; network += 1) {
      const address = `192.0.2.${network}`;
      expect(enter(address, () => gone.push(address))).not.toBeNull();
    }
    const join = enter("198.51.100.1", () => gone.push("joining"));
    expect(join?.asked()).toBe(true);
    join?.leave(true);
  }
  // The last that joined has a place free.
  expect(gone).toHaveLength(1000 - (enrolmentLimits.silent.ofAll - 1));
  expect(gone).not.toContain("joining");
});

test("calls from one network push out each other only", () => {
  const enter = enrolmentDoor(enrolmentLimits, () => 0);
  const gone: string[] = [];
  enter("198.51.100.1", () => gone.push("joining"));
  for (let count = 0; count < enrolmentLimits.failures.burst; count += 1) {
    enter("192.0.2.1", () => gone.push("crowd"));
  }
  expect(enter("192.0.2.1", () => undefined)).toBeNull();
  const { failures, silent } = enrolmentLimits;
  expect(gone).toEqual(Array(failures.burst - silent.ofSource).fill("crowd"));
});

test("requests that are worked on have a number, by source and in all", () => {
  const limits = { ...enrolmentLimits, worked: { ofSource: 2, ofAll: 3 } };
  const enter = enrolmentDoor(limits, () => 0);
  const from = (address: string) => enter(address, () => undefined);
  const first = from("192.0.2.1");
  expect([first?.asked(), from("192.0.2.1")?.asked()]).toEqual([true, true]);
  const third = from("192.0.2.1");
  expect(third?.asked()).toBe(false);
  third?.leave(false);
  expect([from("192.0.2.2")?.asked(), from("192.0.2.3")?.asked()]).toEqual([true, false]);
  first?.leave(false);
  expect(from("192.0.2.3")?.asked()).toBe(true);
});
