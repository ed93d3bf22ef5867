import { describe, expect, it } from "vitest";
import type { DoctorCheck } from "$lib/api/model.ts";
import { byUrgency, verdict } from "./doctor.ts";

const check = (id: string, status: DoctorCheck["status"]): DoctorCheck => ({
  id,
  title: id,
  status,
  detail: "",
  advice: null,
});

describe("the doctor", () => {
  it("says the worst first", () => {
    const checks = [check("a", "ok"), check("b", "warning"), check("c", "error"), check("d", "ok")];
    expect(byUrgency(checks).map(({ id }) => id)).toEqual(["c", "b", "a", "d"]);
    expect(verdict(checks)).toBe("1 error and 1 warning");
  });

  it("says that all is well", () => {
    expect(verdict([check("a", "ok")])).toBe("Everything is all right");
    expect(verdict([check("a", "warning"), check("b", "warning")])).toBe("2 warnings");
  });
});
