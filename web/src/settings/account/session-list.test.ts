import { expect, it } from "vitest";
import type { Session } from "$lib/api/model.ts";
import { SessionList, sessionName, sessionPlaces } from "./session-list.svelte.ts";

const list = (...current: boolean[]) =>
  new SessionList(() => current.map((is) => ({ current: is }) as Session));

it("has nothing else to end where this session is the only one", () => {
  expect(list(true).othersRefusal).toBe("There are no other sessions.");
  expect(new SessionList(() => undefined).othersRefusal).toBe("There are no other sessions.");
  const several = list(false, true, false);
  expect([several.others.length, several.othersRefusal]).toEqual([2, null]);
});

it("says of each what it is and where it came from", () => {
  expect(sessionName({ userAgent: null })).toBe("Unknown program");
  expect(sessionName({ userAgent: "Firefox" })).toBe("Firefox");
  const places = (address: string | null, lastAddress: string | null) =>
    sessionPlaces({ address, lastAddress });
  expect(places(null, null)).toBe("from an unknown address");
  expect(places("10.0.0.1", "10.0.0.1")).toBe("from 10.0.0.1");
  expect(places("10.0.0.1", "10.0.0.2")).toBe("from 10.0.0.1, last from 10.0.0.2");
  expect(places(null, "10.0.0.2")).toBe("from 10.0.0.2");
});
