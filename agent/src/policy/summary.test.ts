import { textLimits } from "@bridgeport/proto";
import { describe, expect, test } from "vitest";
import { parsePolicy } from "./parse-policy.ts";
import { openPolicy, type PolicyRules } from "./policy.ts";
import { policyReport } from "./summary.ts";

const sha256 = "d4be1c195da6f0d3e7f232df96fecad596ce7d1f17ac385ed41e417c8fb22349";

async function summaryOf(text: string): Promise<string> {
  const rules = (await parsePolicy(text)) as PolicyRules;
  const { hash, summary } = policyReport({ ...openPolicy, ...rules, sha256 });
  expect(hash).toBe(sha256);
  return summary;
}

describe("what is reported of a policy", () => {
  test("is that there is no file", () => {
    expect(policyReport(openPolicy)).toEqual({
      hash: null,
      summary: "No policy file: containers gain nothing on the host.",
    });
  });

  test.each([
    ["{}", "No rules: containers gain nothing on the host."],
    ["allow: []", "Allows no commands. Containers gain nothing on the host."],
    [
      "allow: [pull, run, logs]",
      "Allows the commands pull, run and logs. Containers gain nothing on the host.",
    ],
    ["images: [team/*]", "Allows 1 image pattern. Containers gain nothing on the host."],
    ["images: []", "Allows no images. Containers gain nothing on the host."],
    [
      `{images: [a/x, b/x, c/x], denyContainers: [db], containers: {"web*": {mounts: [/srv]}}}`,
      "Allows 3 image patterns; denies container db; lets containers web* have mounts.",
    ],
    [
      `{denyImages: [a/x, b/x], containers: {ci: {privileged: true, mounts: [/a], devices: [/dev/x]}}}`,
      "Denies 2 image patterns; lets container ci have privileged, mounts and devices.",
    ],
    [
      "denyContainers: [a, b, c, d, e]",
      "Denies containers a, b, c and 2 more. Containers gain nothing on the host.",
    ],
    [
      "denyLabels: [a, b=c]",
      "Denies containers with the label a or b=c. Containers gain nothing on the host.",
    ],
    // A grant of nothing is none.
    ["containers: {web: {privileged: false}}", "No rules: containers gain nothing on the host."],
  ])("says in a sentence what it allows and denies: %s", async (text, summary) => {
    expect(await summaryOf(text)).toBe(summary);
  });

  test("stays short, whatever the file has", async () => {
    const name = (index: number) => `${index}${"x".repeat(500)}*`;
    const names = Array.from({ length: 100 }, (_, index) => name(index));
    const containers = Object.fromEntries(
      names.map((each) => [each, { mounts: ["/a"], privileged: true, settings: ["a"] }]),
    );
    const summary = await summaryOf(JSON.stringify({ denyContainers: names, containers }));
    expect(summary).toMatch(/ and 97 more; .* of 98 more patterns have /);
    expect(summary.length).toBeLessThan(textLimits.name);
  });
});
