import { describe, expect, it } from "vitest";
import { refuseDependents } from "./refusals.ts";

const dependents = ["proxy", "app"].map((name) => ({ id: `id of ${name}`, name, running: true }));

function refuse({ self = "", kept = "" }: { self?: string; kept?: string }): () => void {
  const hostPolicy = {
    path: "/etc/policy.yaml",
    ownPaths: [],
    allows: () => false,
    labelRefusal: () => null,
    signatureRefusal: () => null,
    isProtected: (name: string) => name === kept,
  };
  const context = { hostPolicy };
  return () => refuseDependents("web", dependents, context, (id) => id === `id of ${self}`);
}

describe("a container is not replaced", () => {
  it.each([
    ["the agent lives in its namespaces", { self: "app" }, /^app is .* the agent itself .* web/],
    ["the policy protects a dependent", { kept: "app" }, /^app depends on web .*policy\.yaml/],
  ])("if %s", (_, who, sentence) => {
    expect(refuse(who)).toThrow(expect.objectContaining({ code: "refused" }));
    expect(refuse(who)).toThrow(sentence);
  });

  it("but is if its dependents may be changed", () => {
    expect(refuse({ self: "other", kept: "web" })).not.toThrow();
  });
});
