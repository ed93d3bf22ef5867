import { describe, expect, it } from "vitest";
import { needsCare, planLook, serverLook, serviceLook, updateLook, verdictLook } from "./status.ts";

describe("serviceLook", () => {
  it("has words for a status, and shows one that it does not know as it is", () => {
    expect(serviceLook("healthy")).toEqual({ tone: "ok", text: "Healthy" });
    expect(serviceLook("hibernating").text).toBe("hibernating");
  });
  it("asks for attention where something is wrong, not where it was stopped by hand", () => {
    expect(needsCare("unhealthy")).toBe(true);
    expect(needsCare("missing")).toBe(true);
    expect(needsCare("stopped")).toBe(false);
  });
});

it("says that a running plan is going back, and that a preview was only one", () => {
  const plan = {
    status: "running",
    rollingBack: false,
    startedAt: "2026-11-23T12:00:00.000Z",
  } as const;
  expect(planLook(plan).text).toBe("Running");
  expect(planLook({ ...plan, rollingBack: true }).text).toBe("Rolling back");
  expect(planLook({ ...plan, status: "cancelled" }).text).toBe("Cancelled");
  expect(planLook({ ...plan, status: "cancelled", startedAt: null }).text).toBe("Not carried out");
});

it("does not call a server fine whose engine is gone", () => {
  expect(serverLook({ status: "online", engineError: "no socket", revokedAt: null }).tone).toBe(
    "warn",
  );
  expect(serverLook({ status: "online", engineError: null, revokedAt: null }).text).toBe("Online");
  const revokedAt = "2026-11-23T12:00:00.000Z";
  expect(serverLook({ status: "offline", engineError: null, revokedAt }).text).toBe("Revoked");
});

it("an update says its kind, and an older version does not look like one to install", () => {
  const update = { digestId: "d", bestTag: "v1.9.9", reason: "It was pushed later." };
  expect(updateLook({ ...update, kind: "minor" })).toEqual({
    tone: "accent",
    text: "minor update",
  });
  expect(updateLook({ ...update, kind: "older" })).toEqual({
    tone: "neutral",
    text: "older version",
  });
  expect(updateLook(null).text).toBe("update");
});

it("a verdict says in words whether there is an update, none, or it is not known", () => {
  const verdict = { checkedAt: null, registryHost: null, tag: null, digest: null, reason: "" };
  const update = { digestId: "d", bestTag: "v2", reason: "" };
  const look = (kind: "update" | "none" | "skipped" | "not_checked", of: "minor" | "older") =>
    verdictLook({ verdict: { ...verdict, kind }, update: { ...update, kind: of } }).text;
  expect(look("update", "minor")).toBe("There is an update (minor)");
  expect(look("update", "older")).toBe("A lower version was pushed later");
  expect(look("none", "minor")).toBe("No update");
  expect(look("skipped", "minor")).toBe("The newer version is left alone");
  expect(look("not_checked", "minor")).toBe("Not known");
});
