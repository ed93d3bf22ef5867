import { describe, expect, it } from "vitest";
import { protectionOf, type Verification, wholeness } from "./verification.ts";

const whole: Verification = {
  whole: true,
  entries: 1200,
  removed: 0,
  last: { position: 1200, hash: "00" },
  broken: null,
  protection: { by: "role", role: "bridgeport_app", gaps: [] },
};

describe("wholeness", () => {
  it("counts what is there and what retention took", () => {
    expect(wholeness(whole)).toMatchObject({ tone: "ok" });
    expect(wholeness(whole).text).toBe("1,200 entries, each linked to the one before.");
    expect(wholeness({ ...whole, removed: 1 }).text).toContain("1 older one went");
  });
  it("names the first entry that is wrong, and why", () => {
    const broken = { position: 7, entryId: "e7", reason: "changed" as const };
    const found = wholeness({ ...whole, whole: false, broken });
    expect(found.tone).toBe("bad");
    expect(found.text).toContain("Entry 7 is the first that is wrong: it is not what was written.");
    const beside = { position: null, entryId: "e9", reason: "not_chained" as const };
    expect(wholeness({ ...whole, whole: false, broken: beside }).text).toContain("The entry e9");
  });
});

describe("protectionOf", () => {
  it("says whether the database or only triggers keep the program from a change", () => {
    expect(protectionOf(whole)).toMatchObject({ tone: "ok", title: "The database protects it" });
    const gaps = ["is a superuser", "owns the database"];
    const weak = protectionOf({
      ...whole,
      protection: { by: "triggers", role: "bridgeport", gaps },
    });
    expect(weak.tone).toBe("warn");
    expect(weak.text).toContain("is a superuser and owns the database, so it could");
  });
});
