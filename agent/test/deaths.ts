import { describe, expect, it } from "vitest";

/** At which of its requests that change something an agent dies, and on which side of it. */
export interface Death {
  /** from 1 */
  at: number;
  /** before the engine gets the request, or before the agent gets the answer */
  when: "before" | "after";
}

/**
 * Lets an agent die at each of its `requests` that change something, each time as a test of its own:
 * before the odd ones and after the even ones, and in the long form both at each of them. A last
 * test fails if there are more requests than these.
 * @param die one life of the agent, with everything that has to be so after its successor's work;
 *   `through` if it did not die, because it made fewer requests
 */
export function diesAnywhere(
  requests: number,
  die: (death: Death) => Promise<"died" | "through">,
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
    expect(await die({ at: requests + 1, when: "before" })).toBe("through");
  });
  describe.runIf(process.env.BRIDGEPORT_TEST_LONG)("in long form", () => {
    it.concurrent.for(both)(`$when request $at of ${requests}`, async (death) => {
      expect(await die(death)).toBe("died");
    });
  });
}
