import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { agentFlags } from "./agent-flags.ts";

test.each([
  ["20.19.0", ["--lite-mode", "--no-expose-wasm"]],
  ["23.11.1", ["--lite-mode", "--no-expose-wasm"]],
  ["24.0.0", ["--lite-mode"]],
  ["26.12.0", ["--lite-mode"]],
])("by Node %s an agent is started with %j", (version, flags) => {
  expect(agentFlags(version)).toEqual(flags);
});

test("this Node takes them without a word", () => {
  const { status, stderr } = spawnSync(process.execPath, [...agentFlags(), "--eval", "0"], {
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
