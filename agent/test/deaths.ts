import { describe, expect, it } from "vitest";

/** At which of its requests that change something an agent dies. */
export interface Death {
  /** from 1 */
  at: number;
  /** before the engine gets the request, or before the agent gets the answer */
  when: "before" | "after";
}

/**
 * Lets an agent die at each of its `requests` that change something, each time in a test of its own:
 * before the odd ones and after the even ones, and in the long form before and after each of them. A
 * last test fails if there are more requests than these.
 * @param die runs the agent until it dies, then its recovery, and checks the result. `completed` if the
 *   agent did not die, because it made fewer requests
 */
export function diesAnywhere(
  requests: number,
  die: (death: Death) => Promise<"died" | "completed">,
): void {
  const numbers = Array.from({ length: requests }, (_, index) => index + 1);
  const short = numbers.map((at): Death => ({ at, when: at % 2 === 0 ? "after" : "before" }));
  const both = numbers.flatMap((at): Death[] => [
    { at, when: "before" },
    { at, when: "after" },
  ]);
  it.concurrent.for(short)(`$when request $at of ${requests}`, async (death) => {
    expect(await die(death)).toBe("died");
  });
  it.concurrent("and it makes no more requests", async () => {
    expect(await die({ at: requests + 1, when: "before" })).toBe("completed");
  });
  describe.runIf(process.env.BRIDGEPORT_TEST_LONG)("in long form", () => {
    it.concurrent.for(both)(`$when request $at of ${requests}`, async (death) => {
      expect(await die(death)).toBe("died");
    });
  });
}
